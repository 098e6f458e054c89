import { isLongId } from "../domain/index.js";
import { GatewayError, type Violation } from "../errors.js";
import type { Found, RequestLookups } from "../ports.js";
import type { CreateTrainingJobVersionArgs } from "../types/arguments.js";
import type { CreateTrainingJobVersionInput } from "../types/create-training-job-version-input.js";
import { inDocumentOrder } from "./document-order.js";
import { engineExists } from "./engine-exists.js";
import { NONE, type Verdict } from "./looked-up.js";
import { preVersionExists } from "./pre-version-exists.js";
import { brokenRules, shapeViolations } from "./shape.js";
import { specRules } from "./spec-rules.js";

async function jobIsMissing(jobId: string, lookups: RequestLookups): Promise<boolean> {
  if (!isLongId(jobId, 1n)) return false;
  try {
    return (await lookups.trainingJob(jobId)) === null;
  } catch (error) {
    if (error instanceof GatewayError) return false;
    throw error;
  }
}

async function violationsOf(
  verdicts: readonly Verdict[],
  { jobId }: CreateTrainingJobVersionInput,
  lookups: RequestLookups,
): Promise<readonly Violation[]> {
  const violations = (await Promise.all(verdicts)).flat();
  if (violations.length === 0 || (await jobIsMissing(jobId, lookups))) return NONE;
  return inDocumentOrder(violations);
}

/**
 * Every rule that looks things up and that the input breaks, shape rules apart: one that a broken shape makes
 * meaningless is left out, and all are where the upstream has no such job, which is the upstream's to answer.
 */
export function lookedUpViolations(input: CreateTrainingJobVersionInput, lookups: RequestLookups): Verdict {
  const verdicts = [
    preVersionExists(input, lookups),
    specRules(input.config, lookups),
    engineExists(input.config, lookups),
  ];
  return verdicts.every((verdict) => verdict === NONE) ? NONE : violationsOf(verdicts, input, lookups);
}

/** Every rule that a new version breaks, in the order of its fields. */
export async function checkNewVersion(
  args: CreateTrainingJobVersionArgs,
  lookups: RequestLookups,
): Promise<Violation[]> {
  const lookedUp = await lookedUpViolations(args.input, lookups);
  return inDocumentOrder([...shapeViolations(args), ...lookedUp]);
}

async function refuseIfAny(verdict: Verdict): Promise<void> {
  const violations = await verdict;
  if (violations.length > 0) throw brokenRules(violations);
}

/**
 * Throws BAD_USER_INPUT with every rule that looks things up and that the input breaks. At once where this process has all that it takes
 * to tell that there is none.
 */
export function checkLookedUpRules(
  input: CreateTrainingJobVersionInput,
  lookups: RequestLookups,
): Found<void> {
  const verdict = lookedUpViolations(input, lookups);
  return verdict === NONE ? undefined : refuseIfAny(verdict);
}
