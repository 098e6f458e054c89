/** What the benchmark's upstream answers, as ModelArts writes it. A pure function of the ids, so that every answer can be checked. */

/** Versions that every job has. */
export const VERSIONS_PER_JOB = 20;
/** Jobs in the project, whatever is searched for. */
export const JOB_COUNT = 1000;

/** Of the list of a job's versions. */
export const versionsPath = (jobId: number) =>
  `/v1/bench/training-jobs/${jobId}/versions?per_page=1000&page=0`;

const COMPLETED = 10;
const EPOCH = 1_700_000_000_000;
const MINUTE = 60_000;

/** `JOBSTAT_INIT`: what a created version starts with. */
export const INIT = 1;

/** Which status a version has; the load runs use versions that have completed. */
export type StatusOf = (jobId: number, versionId: number) => number;
export const completed: StatusOf = () => COMPLETED;

function jobFields(jobId: number) {
  return { job_id: jobId, job_name: `churn-model-${jobId}`, job_desc: `Nightly training, tenant ${jobId}` };
}

/** The fields that the list of versions and the version details share. */
function versionFields(jobId: number, versionId: number, status: number) {
  return {
    version_id: versionId,
    version_name: `V${String(versionId).padStart(4, "0")}`,
    pre_version_id: versionId > 1 ? versionId - 1 : null,
    engine_type: 1,
    engine_name: "TensorFlow",
    engine_id: 3,
    engine_version: "TF-1.8.0-python2.7",
    status,
    app_url: "/usr/app/",
    boot_file_url: "/usr/app/boot.py",
    create_time: EPOCH + versionId * MINUTE,
    start_time: EPOCH + versionId * MINUTE + 1000,
    parameter: [
      { label: "learning_rate", value: "0.01" },
      { label: "batch_size", value: "32" },
    ],
    duration: 532_000 + versionId,
    spec_id: 1,
    core: "2",
    cpu: "8",
    gpu_num: 1,
    gpu_type: "Pnt1",
    worker_server_num: 1,
    data_url: `/bucket/tenant-${jobId}/data/`,
    train_url: `/bucket/tenant-${jobId}/train/`,
    log_url: `/bucket/tenant-${jobId}/log/`,
    data_source: [],
    resource_id: `jobafd08896-${versionId}`,
  };
}

/** `GET .../versions/{version_id}` */
export function versionDetails(jobId: number, versionId: number, statusOf: StatusOf) {
  return {
    is_success: true,
    ...jobFields(jobId),
    ...versionFields(jobId, versionId, statusOf(jobId, versionId)),
    spec_code: "modelarts.vm.gpu.p100",
  };
}

/** `GET .../versions` */
export function versionList(jobId: number, statusOf: StatusOf) {
  const ids = Array.from({ length: VERSIONS_PER_JOB }, (_, index) => VERSIONS_PER_JOB - index);
  return {
    is_success: true,
    ...jobFields(jobId),
    version_count: VERSIONS_PER_JOB,
    versions: ids.map((id) => versionFields(jobId, id, statusOf(jobId, id))),
  };
}

/**
 * The first job of a page of the project's jobs. A search for digits shows other jobs: those whose ids start there, so that a cold query
 * finds nothing that an earlier one has seen.
 *
 * @param page from 1 on
 */
export const firstJobOf = (page: number, perPage: number, search: number) =>
  (page - 1) * perPage + search + 1;

/** `GET /training-jobs` */
export function jobList(firstJobId: number, perPage: number) {
  const jobs = Array.from({ length: perPage }, (_, index) => ({
    ...jobFields(firstJobId + index),
    version_id: VERSIONS_PER_JOB,
    status: COMPLETED,
    create_time: EPOCH + VERSIONS_PER_JOB * MINUTE,
    duration: 532_000 + VERSIONS_PER_JOB,
    version_count: VERSIONS_PER_JOB,
  }));
  return { is_success: true, job_total_count: JOB_COUNT, job_count_limit: 5000, jobs, quotas: 5000 };
}

/** `GET /job/resource-specs` */
export function resourceSpecs() {
  const spec = {
    spec_id: 1,
    core: "2",
    cpu: "8",
    gpu_num: 1,
    gpu_type: "Pnt1",
    spec_code: "modelarts.vm.gpu.p100",
    unit_num: 1,
    max_num: 4,
    storage: "",
    interface_type: 1,
    no_resource: false,
  };
  return { is_success: true, spec_total_count: 1, specs: [spec] };
}

/** `GET /job/ai-engines` */
export function engines() {
  const engine = {
    engine_type: 1,
    engine_name: "TensorFlow",
    engine_id: 3,
    engine_version: "TF-1.8.0-python2.7",
  };
  return { is_success: true, engines: [engine] };
}

/** `POST .../versions`; a body that is not the sample's on the wire is refused, whoever sends it. */
export function createdVersion(jobId: number, versionId: number, body: unknown) {
  const { config } = body as { config?: Record<string, unknown> };
  const isRight =
    config?.worker_server_num === 1 &&
    config.pre_version_id === VERSIONS_PER_JOB &&
    config.spec_id === 1 &&
    config.engine_id === 3 &&
    config.train_url === "/usr/train/" &&
    Array.isArray(config.parameter) &&
    config.parameter.length === 2;
  if (!isRight) return { is_success: false, error_code: "ModelArts.0105", error_message: "Not the sample" };
  return {
    is_success: true,
    ...jobFields(jobId),
    status: INIT,
    create_time: EPOCH + versionId * MINUTE,
    version_id: versionId,
    version_name: `V${String(versionId).padStart(4, "0")}`,
  };
}
