import type { LongId, ResourceSpec } from "../domain/index.js";
import { isLongId } from "../domain/index.js";
import type { Violation } from "../errors.js";
import type { RequestLookups } from "../ports.js";
import type { TrainingJobVersionConfigInput } from "../types/training-job-version-config-input.js";
import { judge, NONE, type Verdict } from "./looked-up.js";

/** The greatest number of nodes with that spec; infinite where the upstream does not say. */
function maxNodes(specs: ResourceSpec[]): number {
  return Math.max(...specs.map((spec) => spec.maxNum ?? Number.POSITIVE_INFINITY));
}

function verdictOn(specs: ResourceSpec[], specId: LongId, workerServerNum: number): Violation[] {
  const chosen = specs.filter((spec) => spec.specId === specId);
  if (chosen.length === 0) {
    const message =
      "Give the specId of one of the project's resource specs for training (query resourceSpecs).";
    return [{ path: ["input", "config", "specId"], rule: "spec-exists", message }];
  }
  const max = maxNodes(chosen);
  if (workerServerNum <= max) return [];
  const message = `Give at most ${max}: the greatest number of nodes with this spec.`;
  return [{ path: ["input", "config", "workerServerNum"], rule: "worker-server-num-max", message }];
}

/**
 * Rules `spec-exists` and `worker-server-num-max`. The specs are those of all engines: a spec that a given engine is
 * not offered with is the upstream's to refuse.
 */
export function specRules(
  { specId, workerServerNum }: TrainingJobVersionConfigInput,
  lookups: RequestLookups,
): Verdict {
  if (!isLongId(specId)) return NONE;
  return judge(
    (options) => lookups.resourceSpecs({ jobType: "TRAIN" }, options),
    (specs) => verdictOn(specs, specId, workerServerNum),
  );
}
