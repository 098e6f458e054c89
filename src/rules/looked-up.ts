import { GatewayError, type Violation } from "../errors.js";
import type { Found, Freshness } from "../ports.js";

const CACHED: Freshness = {};
const FRESH: Freshness = { fresh: true };

/** The verdict where nothing is broken. */
export const NONE: readonly Violation[] = [];

/** What an input breaks: {@link NONE} at once where this process has all that it takes to tell. */
export type Verdict = Found<readonly Violation[]>;

/**
 * Judges by what is looked up. It may pass on a cached answer and refuses only on one fetched after the operation
 * arrived; when a lookup fails the rule is skipped, and the upstream decides.
 *
 * @param verdictOn returns what the answer breaks
 */
export function judge<Answer>(
  lookUp: (options: Freshness) => Found<Answer>,
  verdictOn: (answer: Answer) => Violation[],
): Verdict {
  let cached: Found<Answer>;
  try {
    cached = lookUp(CACHED);
  } catch (error) {
    cached = Promise.reject(error);
  }
  if (!(cached instanceof Promise) && verdictOn(cached).length === 0) return NONE;
  return judgeInTwo(cached, () => lookUp(FRESH), verdictOn);
}

async function judgeInTwo<Answer>(
  cached: Found<Answer>,
  lookUpAnew: () => Found<Answer>,
  verdictOn: (answer: Answer) => Violation[],
): Promise<Violation[]> {
  try {
    const first = verdictOn(await cached);
    return first.length === 0 ? first : verdictOn(await lookUpAnew());
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
}
