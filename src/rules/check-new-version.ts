import { isLongId } from "../domain/index.js";
import { GatewayError, type Violation } from "../errors.js";
import type { RequestLookups } from "../ports.js";
import type { CreateTrainingJobVersionArgs } from "../types/arguments.js";
import type { CreateTrainingJobVersionInput } from "../types/create-training-job-version-input.js";
import { inDocumentOrder } from "./document-order.js";
import { engineExists } from "./engine-exists.js";
import { NONE } from "./looked-up.js";
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

/**
 * Every rule that looks things up and that the input breaks, shape rules apart: one that a broken shape makes
 * meaningless is left out, and all are where the upstream has no such job, which is the upstream's to answer.
 */
export async function lookedUpViolations(
  input: CreateTrainingJobVersionInput,
  lookups: RequestLookups,
): Promise<Violation[]> {
  const verdicts = [
    preVersionExists(input, lookups),
    specRules(input.config, lookups),
    engineExists(input.config, lookups),
  ];
  if (verdicts.every((verdict) => verdict === NONE)) return [];
  const violations = (await Promise.all(verdicts)).flat();
  if (violations.length === 0 || (await jobIsMissing(input.jobId, lookups))) return [];
  return inDocumentOrder(violations);
}

/** Every rule that a new version breaks, in the order of its fields. */
export async function checkNewVersion(
  args: CreateTrainingJobVersionArgs,
  lookups: RequestLookups,
): Promise<Violation[]> {
  const lookedUp = await lookedUpViolations(args.input, lookups);
  return inDocumentOrder([...shapeViolations(args), ...lookedUp]);
}

/** Throws BAD_USER_INPUT with every rule that looks things up and that the input breaks. */
export async function checkLookedUpRules(
  input: CreateTrainingJobVersionInput,
  lookups: RequestLookups,
): Promise<void> {
  const violations = await lookedUpViolations(input, lookups);
  if (violations.length > 0) throw brokenRules(violations);
}
