import {
  type JobListQuery,
  statusFromCode,
  type TrainingJobPage,
  type TrainingJobSummary,
} from "../../domain/index.js";
import { requiredId, requiredList } from "../decode/entities.js";
import { epochMillis, int, longDigits, longId, textAsIs } from "../decode/values.js";
import { decodeVersion } from "../decode/version.js";
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
function currentVersion(raw: JsonObject, job: Pick<TrainingJobSummary, "jobId" | "jobName" | "jobDesc">) {
  const versionId = longId(raw.version_id, 1n);
  if (versionId === null) return null;
  return {
    ...decodeVersion({ version_id: versionId }, job, "summary"),
    ...statusFromCode(int(raw.status) ?? 0),
    createTime: epochMillis(raw.create_time),
    duration: longDigits(raw.duration),
  };
}

function decodeJob(raw: JsonObject): TrainingJobSummary {
  const job = {
    jobId: requiredId(raw, "job_id", 1n),
    jobName: textAsIs(raw.job_name) ?? "",
    jobDesc: textAsIs(raw.job_desc) ?? "",
  };
  const current = currentVersion(raw, job);
  return { ...job, versionCount: int(raw.version_count) ?? (current ? 1 : 0), currentVersion: current };
}

const JOB_LIST = { idField: "job_id", min: 1n, countField: "job_total_count" };

/** @throws UPSTREAM_INVALID_RESPONSE without jobs[] */
export function decodeJobPage(answer: JsonObject): TrainingJobPage {
  const jobs = requiredList(answer, "jobs", JOB_LIST).map(decodeJob);
  return {
    jobs,
    jobTotalCount: int(answer.job_total_count) ?? jobs.length,
    jobCountLimit: int(answer.job_count_limit),
    quotas: int(answer.quotas),
  };
}
