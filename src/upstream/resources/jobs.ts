import {
  type JobListQuery,
  statusFromCode,
  type TrainingJobPage,
  type TrainingJobSummary,
  type VersionSummary,
} from "../../domain/index.js";
import { requiredId, requiredList } from "../decode/entities.js";
import { epochMillis, int, longDigits, longId, textAsIs } from "../decode/values.js";
import type { JsonObject } from "../json.js";
import { givenQuery, type RestRequest } from "../rest-request.js";

/** `GET /training-jobs`, with those filters that are given. */
export function listJobsRequest(query: JobListQuery): RestRequest {
  return {
    route: "list_jobs",
    group: "jobs",
    method: "GET",
    path: "/training-jobs",
    query: givenQuery({
      status: query.statusCode,
      per_page: query.perPage,
      page: query.page,
      sortBy: query.sortBy.toLowerCase(),
      order: query.order.toLowerCase(),
      search_content: query.searchContent,
      workspace_id: query.workspaceId,
    }),
  };
}

/** The version that a job of the list names, with the little that the list says of it. */
function currentVersion(
  raw: JsonObject,
  { jobId, jobName, jobDesc }: Pick<TrainingJobSummary, "jobId" | "jobName" | "jobDesc">,
): VersionSummary | null {
  const versionId = longId(raw.version_id, 1n);
  if (versionId === null) return null;
  const { status, statusCode, terminal } = statusFromCode(int(raw.status) ?? 0);
  return {
    coverage: "summary",
    jobId,
    jobName,
    jobDesc,
    versionId,
    status,
    statusCode,
    terminal,
    createTime: epochMillis(raw.create_time),
    duration: longDigits(raw.duration),
  };
}

function decodeJob(raw: JsonObject): TrainingJobSummary {
  const jobId = requiredId(raw, "job_id", 1n);
  const jobName = textAsIs(raw.job_name) ?? "";
  const jobDesc = textAsIs(raw.job_desc) ?? "";
  const current = currentVersion(raw, { jobId, jobName, jobDesc });
  const versionCount = int(raw.version_count) ?? (current ? 1 : 0);
  return { jobId, jobName, jobDesc, versionCount, currentVersion: current };
}

const JOB_LIST = { idField: "job_id", min: 1n, countField: "job_total_count" };

/** @throws UPSTREAM_INVALID_RESPONSE without jobs[] */
export function decodeJobPage(answer: JsonObject): TrainingJobPage {
  const jobs = requiredList(answer, "jobs", JOB_LIST, decodeJob);
  return {
    jobs,
    jobTotalCount: int(answer.job_total_count) ?? jobs.length,
    jobCountLimit: int(answer.job_count_limit),
    quotas: int(answer.quotas),
  };
}
