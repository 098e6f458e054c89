import type { JobWithVersions, LongId, TrainingJobVersion } from "../../domain/index.js";
import type { Sourced } from "../../ports.js";
import { requiredList } from "../decode/entities.js";
import { ownId, sourced } from "../decode/sourced.js";
import { int, longId } from "../decode/values.js";
import { decodeVersion, type JobOfVersion, jobOfVersion, newestFirst } from "../decode/version.js";
import type { JsonObject } from "../json.js";
import { type RestAnswer, type RestRequest, versionsPath } from "../rest-request.js";

/** The greatest page that the upstream gives. */
const PER_PAGE = 1000;

/** The greatest page number that the upstream takes. */
const LAST_PAGE = 65_535;

/** `GET .../versions`; page 0 asks for all versions, page 1 and on for one page of them. */
function listVersionsRequest(jobId: LongId, page: number): RestRequest {
  return {
    route: "list_versions",
    group: "jobs",
    method: "GET",
    path: versionsPath(jobId),
    query: [
      ["per_page", String(PER_PAGE)],
      ["page", String(page)],
    ],
  };
}

const VERSION_LIST = { idField: "version_id", min: 1n, countField: "version_count" };

interface VersionsPage {
  job: JobOfVersion;
  versions: TrainingJobVersion[];
  versionCount: number;
}

/** What one answer of the list of versions holds. */
function decodeVersionsPage(answer: JsonObject, asked: LongId): VersionsPage {
  const job = jobOfVersion(answer, longId(answer.job_id, 1n) ?? asked);
  const versions = requiredList(answer, "versions", VERSION_LIST, (raw) => decodeVersion(raw, job, "list"));
  return { job, versions, versionCount: int(answer.version_count) ?? versions.length };
}

/** The job as its latest answer tells it, with those versions. */
function jobOf(
  { job, versionCount }: VersionsPage,
  versions: ReadonlyMap<LongId, TrainingJobVersion>,
): JobWithVersions {
  return {
    jobId: job.jobId,
    jobName: job.jobName,
    jobDesc: job.jobDesc ?? "",
    versionCount,
    versions: [...versions.values()].toSorted(newestFirst),
    complete: versions.size >= versionCount,
  };
}

function merge(versions: Map<LongId, TrainingJobVersion>, page: VersionsPage): void {
  for (const version of page.versions) versions.set(version.versionId, version);
}

/** The job that was asked for, in memory of its own: mostly the answer names it itself. */
function jobAskedFor({ body }: RestAnswer, jobId: LongId): LongId {
  return longId(body.job_id, 1n) ?? ownId(jobId);
}

/** The job as one answer tells it. */
function decodeJob(answer: JsonObject, asked: LongId): JobWithVersions {
  const page = decodeVersionsPage(answer, asked);
  const versions = new Map<LongId, TrainingJobVersion>();
  merge(versions, page);
  return jobOf(page, versions);
}

function readJob(answer: RestAnswer, jobId: LongId): Sourced<JobWithVersions> {
  return sourced(answer, decodeJob, jobAskedFor(answer, jobId));
}

/**
 * A job with all its versions. The vendor documents page 0 as "all"; where an answer is shorter than its version_count
 * all the same, pages are asked for until nothing is missing or nothing more comes.
 *
 * @param ask makes one call
 * @throws UPSTREAM_INVALID_RESPONSE without versions[]
 */
export async function listAllVersions(
  jobId: LongId,
  ask: (request: RestRequest) => Promise<RestAnswer>,
): Promise<Sourced<JobWithVersions>> {
  const first = readJob(await ask(listVersionsRequest(jobId, 0)), jobId);
  return first.value.complete ? first : { value: await withMissing(first.value, jobId, ask) };
}

/** Asks for one page after the other. */
async function withMissing(
  { versions }: JobWithVersions,
  jobId: LongId,
  ask: (request: RestRequest) => Promise<RestAnswer>,
): Promise<JobWithVersions> {
  const byId = new Map(versions.map((version) => [version.versionId, version]));
  for (let number = 1; ; number++) {
    const before = byId.size;
    const page = decodeVersionsPage((await ask(listVersionsRequest(jobId, number))).body, jobId);
    merge(byId, page);
    // The first page may repeat what page 0 brought; a later one without news says that there is no more.
    const isLast = page.versions.length === 0 || (number > 1 && byId.size === before);
    if (isLast || byId.size >= page.versionCount || number === LAST_PAGE) return jobOf(page, byId);
  }
}

/** `GET .../versions/{version_id}`. */
export function getVersionRequest(jobId: LongId, versionId: LongId): RestRequest {
  return {
    route: "get_version",
    group: "jobs",
    method: "GET",
    path: `${versionsPath(jobId)}/${versionId}`,
  };
}

/** @throws UPSTREAM_INVALID_RESPONSE without a version_id */
export function decodeVersionDetails(answer: JsonObject, asked: LongId): TrainingJobVersion {
  return decodeVersion(answer, jobOfVersion(answer, longId(answer.job_id, 1n) ?? asked), "details");
}

/** @throws UPSTREAM_INVALID_RESPONSE without a version_id */
export function readVersionDetails(answer: RestAnswer, jobId: LongId): Sourced<TrainingJobVersion> {
  return sourced(answer, decodeVersionDetails, jobAskedFor(answer, jobId));
}
