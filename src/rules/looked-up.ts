import { GatewayError, type Violation } from "../errors.js";
import type { Freshness } from "../ports.js";

/**
 * Judges by what is looked up. It may pass on a cached answer and refuses only on one fetched after the operation
 * arrived; when a lookup fails the rule is skipped, and the upstream decides.
 *
 * @param verdictOn returns what the answer breaks; told how fresh the answer is
 */
export async function judge<Answer>(
  lookUp: (options: Freshness) => Promise<Answer>,
  verdictOn: (answer: Answer, options: Freshness) => Violation[] | Promise<Violation[]>,
): Promise<Violation[]> {
  const cached: Freshness = {};
  const fresh: Freshness = { fresh: true };
  try {
    const first = await verdictOn(await lookUp(cached), cached);
    return first.length === 0 ? first : await verdictOn(await lookUp(fresh), fresh);
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
}
