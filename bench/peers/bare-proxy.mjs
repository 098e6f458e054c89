/**
 * The floor of everything that asks the upstream for each request: node:http, undici and JSON. It knows the benchmark's operations by
 * their variables; it neither executes GraphQL nor checks, keeps or logs anything.
 */
import { createServer } from "node:http";
import { Pool } from "undici";

const pool = new Pool(process.env.MODELARTS_ENDPOINT, { connections: 64 });
const headers = { "content-type": "application/json", "x-auth-token": "bench-token" };
const STATUSES = new Map([
  [1, "INIT"],
  [10, "COMPLETED"],
]);
const MAX_INSTANTS = 1_000;
const instants = new Map();

/** Many answers share their instants, and making one takes a microsecond. */
function instant(millis) {
  const known = instants.get(millis);
  if (known !== undefined) return known;
  const made = new Date(millis).toISOString();
  if (instants.size >= MAX_INSTANTS) instants.clear();
  instants.set(millis, made);
  return made;
}

/** Calls back with the answer's JSON; an upstream that does not answer ends the process. */
function call(method, path, body, onAnswer) {
  const chunks = [];
  pool.dispatch(
    { method, path: `/v1/bench/training-jobs${path}`, headers, body },
    {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData: (_, chunk) => chunks.push(chunk),
      onResponseEnd: () => onAnswer(JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))),
      onResponseError(_, error) {
        throw error;
      },
    },
  );
}

const progress = (raw) => ({
  status: STATUSES.get(raw.status),
  terminal: raw.status === 10,
  createTime: instant(raw.create_time),
  duration: raw.duration,
});

function getVersion({ jobId, versionId }, onData) {
  call("GET", `/${jobId}/versions/${versionId}`, undefined, (raw) => {
    const trainingJobVersion = {
      jobId: String(raw.job_id),
      jobName: raw.job_name,
      versionId: String(raw.version_id),
      versionName: raw.version_name,
      preVersionId: raw.pre_version_id === null ? null : String(raw.pre_version_id),
      ...progress(raw),
      engineName: raw.engine_name,
      engineVersion: raw.engine_version,
      appUrl: raw.app_url,
      bootFileUrl: raw.boot_file_url,
      parameter: raw.parameter,
      dataUrl: raw.data_url,
      trainUrl: raw.train_url,
      workerServerNum: raw.worker_server_num,
      specId: String(raw.spec_id),
      gpuType: raw.gpu_type,
    };
    onData({ trainingJobVersion });
  });
}

function getJob({ jobId }, onData) {
  call("GET", `/${jobId}/versions?per_page=1000&page=0`, undefined, (raw) => {
    const versions = raw.versions.map((version) => ({
      versionId: String(version.version_id),
      versionName: version.version_name,
      ...progress(version),
      engineName: version.engine_name,
      specId: String(version.spec_id),
      trainUrl: version.train_url,
    }));
    const { job_name: jobName, job_desc: jobDesc, version_count: versionCount } = raw;
    onData({ trainingJob: { jobId: String(raw.job_id), jobName, jobDesc, versionCount, versions } });
  });
}

function listJobs({ searchContent }, onData) {
  call("GET", `?per_page=50&page=1&search_content=${searchContent ?? ""}`, undefined, (raw) => {
    const jobs = raw.jobs.map((job) => ({
      jobId: String(job.job_id),
      jobName: job.job_name,
      jobDesc: job.job_desc,
      versionCount: job.version_count,
      currentVersion: { versionId: String(job.version_id), ...progress(job) },
    }));
    onData({ trainingJobs: { jobTotalCount: raw.job_total_count, jobs } });
  });
}

function create({ input: { jobId, jobDesc, config } }, onData) {
  const body = {
    job_desc: jobDesc,
    config: {
      worker_server_num: config.workerServerNum,
      app_url: config.appUrl,
      boot_file_url: config.bootFileUrl,
      parameter: config.parameter,
      data_url: config.dataUrl,
      spec_id: Number(config.specId),
      engine_id: Number(config.engineId),
      train_url: config.trainUrl,
      log_url: config.logUrl,
      pre_version_id: Number(config.preVersionId),
    },
  };
  call("POST", `/${jobId}/versions`, JSON.stringify(body), (raw) => {
    const { job_name: jobName, version_name: versionName } = raw;
    const { status, createTime } = progress(raw);
    const created = {
      jobId: String(raw.job_id),
      versionId: String(raw.version_id),
      jobName,
      versionName,
      status,
      createTime,
    };
    onData({ createTrainingJobVersion: created });
  });
}

function operationOf(variables) {
  if (variables.input !== undefined) return create;
  if (variables.versionId !== undefined) return getVersion;
  return variables.jobId === undefined ? listJobs : getJob;
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { variables } = JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    operationOf(variables)(variables, (data) => {
      const text = JSON.stringify({ data });
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      });
      response.end(text);
    });
  });
});
server.keepAliveTimeout = 72_000;
server.listen(Number(process.env.PORT), "127.0.0.1");
