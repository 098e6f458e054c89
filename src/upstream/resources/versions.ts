import type { JobWithVersions, LongId, TrainingJobVersion } from "../../domain/index.js";
import { requiredList } from "../decode/entities.js";
import { int, longId } from "../decode/values.js";
import { decodeVersion, jobOfVersion, newestFirst } from "../decode/version.js";
import type { JsonObject } from "../json.js";
import { type RestRequest, versionsPath } from "../rest-request.js";

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

/** What one answer of the list of versions holds. */
function decodeVersionsPage(answer: JsonObject, asked: LongId) {
  const job = jobOfVersion(answer, longId(answer.job_id, 1n) ?? asked);
  const versions = requiredList(answer, "versions", VERSION_LIST, (raw) => decodeVersion(raw, job, "list"));
  return { job, versions, versionCount: int(answer.version_count) ?? versions.length };
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
  ask: (request: RestRequest) => Promise<JsonObject>,
): Promise<JobWithVersions> {
  let latest = decodeVersionsPage(await ask(listVersionsRequest(jobId, 0)), jobId);
  const byId = new Map<LongId, TrainingJobVersion>();
  const merge = () => {
    for (const version of latest.versions) byId.set(version.versionId, version);
  };
  merge();
  for (let page = 1; byId.size < latest.versionCount && page <= LAST_PAGE; page++) {
    const before = byId.size;
    latest = decodeVersionsPage(await ask(listVersionsRequest(jobId, page)), jobId);
    merge();
    // The first page may repeat what page 0 brought; a later one without news says that there is no more.
    if (latest.versions.length === 0 || (page > 1 && byId.size === before)) break;
  }
  return {
    jobId: latest.job.jobId,
    jobName: latest.job.jobName,
    jobDesc: latest.job.jobDesc ?? "",
    versionCount: latest.versionCount,
    versions: [...byId.values()].toSorted(newestFirst),
    complete: byId.size >= latest.versionCount,
  };
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
