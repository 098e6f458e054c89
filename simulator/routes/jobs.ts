import { type Answer, invalidArgument, invalidValue, Refusal, success } from "../answers.js";
import type { ApiRequest, Handler, World } from "../api.js";
import type { Json, JsonObject } from "../json.js";
import type { Job, Version } from "../store/entities.js";
import { durationAt } from "../store/lifecycle.js";
import {
  mandatoryObject,
  mandatoryText,
  optionalBoolean,
  optionalJobDesc,
  optionalText,
  readBody,
} from "../validation/fields.js";
import {
  compareValues,
  pageOf,
  pathId,
  queryChoice,
  queryInteger,
  querySearch,
} from "../validation/query.js";
import { readVersionConfig } from "../validation/version-config.js";
import { styled, styleFor } from "../wire/habits.js";
import { outcomeFor } from "./outcome.js";

const JOB_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const SORT_COLUMNS = ["job_name", "job_desc", "status", "duration", "version_count", "create_time"] as const;

interface Row {
  job: Job;
  current: Version | undefined;
  versionCount: number;
  status: number | undefined;
  duration: number;
}

function rowOf(job: Job, world: World): Row {
  const versions = world.store.versions(job);
  const current = versions.at(-1);
  return {
    job,
    current,
    versionCount: versions.length,
    status: current && world.store.statusOf(current),
    duration: current ? durationAt(current.timeline, world.store.now()) : 0,
  };
}

const COLUMNS: Record<(typeof SORT_COLUMNS)[number], (row: Row) => string | number> = {
  job_name: (row) => row.job.name,
  job_desc: (row) => row.job.desc,
  status: (row) => row.status ?? 0,
  duration: (row) => row.duration,
  version_count: (row) => row.versionCount,
  create_time: (row) => row.job.createTime,
};

function selectRows(request: ApiRequest, world: World): Row[] {
  const { query } = request;
  const status = query.get("status") ?? "";
  if (!/^\d*$/.test(status)) throw invalidArgument("status must be the number of a job status.");
  const search = querySearch(query).toLowerCase();
  const workspaceId = query.get("workspace_id") || "0";
  const column = COLUMNS[queryChoice(query, "sortBy", SORT_COLUMNS)];
  const direction = queryChoice(query, "order", ["asc", "desc"]) === "asc" ? 1 : -1;
  return world.store
    .jobs(request.projectId)
    .filter((job) => job.workspaceId === workspaceId && job.name.toLowerCase().includes(search))
    .map((job) => rowOf(job, world))
    .filter((row) => status === "" || row.status === Number(status))
    .toSorted(
      (a, b) => direction * (compareValues(column(a), column(b)) || compareValues(a.job.id, b.job.id)),
    );
}

function jobFields({ job, current, versionCount, status, duration }: Row, world: World): JsonObject {
  return styled(
    {
      job_id: job.id,
      job_name: job.name,
      version_id: current?.id,
      status,
      create_time: job.createTime,
      duration: current && duration,
      job_desc: job.desc,
      version_count: versionCount,
    },
    styleFor(world.habits(), `listJobs/${job.id}`),
  );
}

/** "Querying a Training Job List". */
export const listJobs: Handler = (request, world) => {
  const perPage = queryInteger(request.query, "per_page", { min: 1n, max: 1_000n, default: 10n });
  const page = queryInteger(request.query, "page", { min: 1n, max: 65_535n, default: 1n });
  const rows = selectRows(request, world);
  const { jobCountLimit } = world.store.project(request.projectId);
  const counts = { job_total_count: rows.length, job_count_limit: jobCountLimit, quotas: jobCountLimit };
  return success({
    ...styled(counts, styleFor(world.habits(), "listJobs")),
    jobs: pageOf(rows, page, perPage).map((row) => jobFields(row, world)),
  });
};

function newJobName(body: JsonObject, world: World, projectId: string): string {
  const name = mandatoryText(body, "job_name");
  if (!JOB_NAME.test(name)) throw invalidValue("job_name must be 1 to 64 letters, digits, _ and -.");
  if (world.store.jobs(projectId).some((job) => job.name === name)) {
    throw new Refusal(400, "ModelArts.0103", `A job named ${name} exists already.`);
  }
  return name;
}

/** "Creating a Training Job". */
export const createJob: Handler = (request, world) => {
  const { store } = world;
  const project = store.project(request.projectId);
  const body = readBody(request.body);
  const name = newJobName(body, world, project.id);
  const desc = optionalJobDesc(body) ?? "";
  const workspaceId = optionalText(body, "workspace_id") || "0";
  const withVersion = optionalBoolean(body, "create_version") ?? true;
  const config = readVersionConfig(mandatoryObject(body, "config"), project, { trainUrl: "optional" });
  if (store.jobs(project.id).length >= project.jobCountLimit) {
    throw new Refusal(400, "ModelArts.0116", "The quota of training jobs is exceeded.");
  }
  const job = store.addJob(project.id, { name, desc, workspaceId });
  const version = withVersion
    ? store.addVersion(project.id, job.id, { config, outcome: outcomeFor(config, project) })
    : undefined;
  const answer: Record<string, Json | undefined> = {
    job_id: job.id,
    job_name: job.name,
    status: version && store.statusOf(version),
    create_time: job.createTime,
    version_id: version?.id,
    version_name: version?.name,
  };
  return success(styled(answer, styleFor(world.habits(), `createJob/${job.id}`)));
};

function addressed(request: ApiRequest, world: World): Job {
  return world.store.job(request.projectId, pathId(request.jobId, "job_id"));
}

/** "Modifying the Description of a Training Job". */
export const updateJob: Handler = (request, world): Answer => {
  const job = addressed(request, world);
  const desc = optionalJobDesc(readBody(request.body));
  if (desc === undefined) throw invalidArgument("job_desc is mandatory.");
  job.desc = desc;
  return success();
};

/** "Deleting a Training Job": asynchronous. */
export const deleteJob: Handler = (request, world): Answer => {
  world.store.remove(addressed(request, world));
  return success();
};
