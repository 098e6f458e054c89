import {
  type Caller,
  type JobWithVersions,
  type LongId,
  statusFromCode,
  type TrainingJobPage,
  type TrainingJobVersion,
} from "../../../src/domain/index.js";

/** Decimal digits as an id. */
export const id = (digits: number | string): LongId => String(digits) as LongId;

export function caller(name = "alice", projectId = "project-1"): Caller {
  return {
    projectId,
    credential: { kind: "token", token: `token-of-${name}` },
    credentialId: `hash-of-${name}`,
  };
}

/** A version of a job; running unless a status is given. */
export function version(versionId: number, overrides: Partial<TrainingJobVersion> = {}): TrainingJobVersion {
  return {
    ...statusFromCode(8),
    coverage: "list",
    jobId: id(10),
    jobName: "job-10",
    jobDesc: "",
    versionId: id(versionId),
    versionName: `V${versionId}`,
    preVersionId: null,
    createTime: 1_500_000_000_000 + versionId,
    startTime: null,
    duration: null,
    engineType: 1,
    engineId: id(1),
    engineName: "TensorFlow",
    engineVersion: "TF-1.4.0-python2.7",
    modelId: null,
    appUrl: "/usr/app/",
    bootFileUrl: "/usr/app/boot.py",
    parameter: [],
    dataUrl: "/usr/data/",
    datasetId: null,
    datasetName: null,
    datasetVersionId: null,
    datasetVersionName: null,
    dataSource: [],
    trainUrl: "/usr/train/",
    logUrl: "/usr/log/",
    userImageUrl: null,
    userCommand: null,
    workerServerNum: 1,
    specId: id(1),
    specCode: null,
    core: "2",
    cpu: "8",
    gpuNum: 0,
    gpuType: null,
    poolId: null,
    poolName: null,
    resourceId: null,
    volumes: [],
    modelMetricList: null,
    systemMetricList: null,
    ...overrides,
  };
}

export function details(versionId: number, overrides: Partial<TrainingJobVersion> = {}): TrainingJobVersion {
  return version(versionId, { coverage: "details", specCode: "modelarts.vm.gpu.p100", ...overrides });
}

export const completed = statusFromCode(10);
export const running = statusFromCode(8);

export function job(
  versions: TrainingJobVersion[],
  overrides: Partial<JobWithVersions> = {},
): JobWithVersions {
  return {
    jobId: id(10),
    jobName: "job-10",
    jobDesc: "",
    versionCount: versions.length,
    versions,
    complete: true,
    ...overrides,
  };
}

export function page(jobTotalCount: number): TrainingJobPage {
  return { jobs: [], jobTotalCount, jobCountLimit: null, quotas: null };
}

export const firstPage = { sortBy: "JOB_NAME", order: "ASC", page: 1, perPage: 10 } as const;
