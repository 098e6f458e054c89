import { isLongId } from "../domain/index.js";
import type { RequestLookups } from "../ports.js";
import type { CreateTrainingJobVersionInput } from "../types/create-training-job-version-input.js";
import { judge, NONE, type Verdict } from "./looked-up.js";

const PATH = ["input", "config", "preVersionId"];

/**
 * Rule `pre-version-exists`: preVersionId is a version of the job. It looks at that version alone, unless the caches hold
 * the list: a job can have thousands. Where the job itself is missing, whoever asked for the verdict leaves it out.
 */
export function preVersionExists(
  { jobId, config: { preVersionId } }: CreateTrainingJobVersionInput,
  lookups: RequestLookups,
): Verdict {
  if (!isLongId(jobId, 1n) || !isLongId(preVersionId, 1n)) return NONE;
  return judge(
    (options) => lookups.hasVersion(jobId, preVersionId, options),
    (exists) => {
      if (exists) return [];
      return [
        { path: PATH, rule: "pre-version-exists", message: "Give the versionId of a version of this job." },
      ];
    },
  );
}
