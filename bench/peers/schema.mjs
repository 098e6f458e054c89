/** The gateway's own public schema with the resolvers that a team would write first: plain, and no more than the queries need. */
import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";
import { createVersion, versionPath } from "./modelarts.mjs";

const STATUSES =
  "UNKNOWN INIT IMAGE_CREATING IMAGE_FAILED SUBMIT_TRYING SUBMIT_FAILED DELETE_FAILED WAITING RUNNING KILLING COMPLETED FAILED KILLED CANCELED".split(
    " ",
  );
const FINAL = new Set(["COMPLETED", "FAILED", "KILLED", "CANCELED"]);

const id = (value) => (value == null ? null : String(value));
const instant = (millis) => (millis == null ? null : new Date(millis).toISOString());
const newestFirst = (a, b) => b.create_time - a.create_time || b.version_id - a.version_id;

function toVersion(raw, job) {
  const status = STATUSES[Number(raw.status)] ?? "UNKNOWN";
  return {
    jobId: id(job.job_id),
    jobName: job.job_name,
    jobDesc: job.job_desc,
    versionId: id(raw.version_id),
    versionName: raw.version_name,
    preVersionId: id(raw.pre_version_id),
    status,
    statusCode: raw.status,
    terminal: FINAL.has(status),
    createTime: instant(raw.create_time),
    startTime: instant(raw.start_time),
    duration: raw.duration,
    engineType: raw.engine_type,
    engineId: id(raw.engine_id),
    engineName: raw.engine_name,
    engineVersion: raw.engine_version,
    appUrl: raw.app_url,
    bootFileUrl: raw.boot_file_url,
    parameter: raw.parameter ?? [],
    dataUrl: raw.data_url,
    trainUrl: raw.train_url,
    logUrl: raw.log_url,
    workerServerNum: raw.worker_server_num,
    specId: id(raw.spec_id),
    specCode: raw.spec_code,
    core: raw.core,
    cpu: raw.cpu,
    gpuNum: raw.gpu_num,
    gpuType: raw.gpu_type,
    resourceId: raw.resource_id,
  };
}

const toJob = (raw) => ({
  jobId: id(raw.job_id),
  jobName: raw.job_name,
  jobDesc: raw.job_desc,
  versionCount: raw.version_count,
  currentVersionId: id(raw.version_id),
  allVersions: raw.versions?.toSorted(newestFirst).map((version) => toVersion(version, raw)),
});

async function findVersion(loaders, jobId, versionId) {
  const raw = await loaders.versions.load(versionPath(jobId, versionId));
  return toVersion(raw, raw);
}

function toBody({ jobDesc, config }) {
  const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const numeric = new Set(["specId", "engineId", "modelId", "preVersionId"]);
  const fields = Object.entries(config).map(([name, value]) => [
    snake(name),
    numeric.has(name) ? Number(value) : value,
  ]);
  return { job_desc: jobDesc ?? "", config: Object.fromEntries(fields) };
}

const resolvers = {
  Query: {
    trainingJobVersion: (_, { jobId, versionId }, { loaders }) => findVersion(loaders, jobId, versionId),
    trainingJob: async (_, { jobId }, { loaders }) => toJob(await loaders.jobs.load(jobId)),
    trainingJobs: async (_, { page, perPage, filter }, { loaders }) => {
      const query = new URLSearchParams({ page, per_page: perPage });
      if (filter?.searchContent) query.set("search_content", filter.searchContent);
      const raw = await loaders.pages.load(query.toString());
      return { jobTotalCount: raw.job_total_count, jobs: raw.jobs.map(toJob) };
    },
  },
  TrainingJob: {
    currentVersion: (job, _, { loaders }) => findVersion(loaders, job.jobId, job.currentVersionId),
    versions: (job, { page, perPage }) => job.allVersions.slice((page - 1) * perPage, page * perPage),
  },
  Mutation: {
    createTrainingJobVersion: async (_, { input }) => {
      const raw = await createVersion(input.jobId, toBody(input));
      const { jobId, jobName, versionId, versionName, status, createTime } = toVersion(raw, raw);
      return { jobId, jobName, versionId, versionName, status, createTime };
    },
  },
};

/** An executable schema. */
export function createSchema() {
  const schema = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));
  for (const [type, fields] of Object.entries(resolvers)) {
    for (const [name, resolve] of Object.entries(fields)) {
      schema.getType(type).getFields()[name].resolve = resolve;
    }
  }
  return schema;
}

/** Where to listen. */
export const address = { port: Number(process.env.PORT), host: "127.0.0.1" };

/** Longer than any answer of the benchmark may be kept. */
export const TTL_SECONDS = 300;

/** More answers than the benchmark asks for. */
export const MAX_ENTRIES = 10_000;
