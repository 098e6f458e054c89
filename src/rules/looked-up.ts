import { GatewayError, type Violation } from "../errors.js";
import type { Freshness } from "../ports.js";

const CACHED: Freshness = {};
const FRESH: Freshness = { fresh: true };

/** Of a rule that has nothing to judge. */
export const NONE: Promise<Violation[]> = Promise.resolve([]);

/**
 * Judges by what is looked up. It may pass on a cached answer and refuses only on one fetched after the operation
 * arrived; when a lookup fails the rule is skipped, and the upstream decides.
 *
 * @param verdictOn returns what the answer breaks
 */
export async function judge<Answer>(
  lookUp: (options: Freshness) => Promise<Answer>,
  verdictOn: (answer: Answer) => Violation[],
): Promise<Violation[]> {
  try {
    const first = verdictOn(await lookUp(CACHED));
    return first.length === 0 ? first : verdictOn(await lookUp(FRESH));
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
}
