import { isLongId, type JobWithVersions, type LongId } from "../domain/index.js";
import type { Violation } from "../errors.js";
import type { RequestLookups } from "../ports.js";
import type { CreateTrainingJobVersionInput } from "../types/create-training-job-version-input.js";
import { judge } from "./looked-up.js";

const PATH = ["input", "config", "preVersionId"];

/** Whether a version exists that a fresh list does not hold: the upstream may count more versions than it lists. */
async function existsBeyondTheList(
  job: JobWithVersions,
  versionId: LongId,
  lookups: RequestLookups,
): Promise<boolean> {
  if (job.complete) return false;
  return (await lookups.trainingJobVersion(job.jobId, versionId, "details", { fresh: true })) !== null;
}

/** Rule `pre-version-exists`: preVersionId is a version of the job. Skipped where the upstream has no such job. */
export async function preVersionExists(
  { jobId, config: { preVersionId } }: CreateTrainingJobVersionInput,
  lookups: RequestLookups,
): Promise<Violation[]> {
  if (!isLongId(jobId, 1n) || !isLongId(preVersionId, 1n)) return [];
  return judge(
    (options) => lookups.trainingJob(jobId, options),
    async (job, { fresh }) => {
      if (job === null || job.versions.some((version) => version.versionId === preVersionId)) return [];
      if (fresh && (await existsBeyondTheList(job, preVersionId, lookups))) return [];
      return [
        { path: PATH, rule: "pre-version-exists", message: "Give the versionId of a version of this job." },
      ];
    },
  );
}
