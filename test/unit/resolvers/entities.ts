import {
  type EngineSpec,
  type JobWithVersions,
  type LongId,
  type ResourceSpec,
  statusFromCode,
  type TrainingJobVersion,
} from "../../../src/domain/index.js";

/** An id as the domain has it. */
export const id = (digits: string): LongId => digits as LongId;

/** A version in full, of job 10, running, with everything that is not given left out. */
export function aVersion(fields: Partial<TrainingJobVersion> = {}): TrainingJobVersion {
  return {
    coverage: "details",
    ...statusFromCode(8),
    jobId: id("10"),
    jobName: "TestModelArtsJob",
    jobDesc: "",
    versionId: id("20"),
    versionName: "V0001",
    preVersionId: null,
    createTime: 1_524_189_990_635,
    startTime: null,
    duration: null,
    engineType: null,
    engineId: null,
    engineName: null,
    engineVersion: null,
    modelId: null,
    appUrl: null,
    bootFileUrl: null,
    parameter: [],
    dataUrl: null,
    datasetId: null,
    datasetName: null,
    datasetVersionId: null,
    datasetVersionName: null,
    dataSource: [],
    trainUrl: null,
    logUrl: null,
    userImageUrl: null,
    userCommand: null,
    workerServerNum: null,
    specId: null,
    specCode: null,
    core: null,
    cpu: null,
    gpuNum: null,
    gpuType: null,
    poolId: null,
    poolName: null,
    resourceId: null,
    volumes: [],
    modelMetricList: null,
    systemMetricList: null,
    ...fields,
  };
}

/** A version with a value in every field. */
export const FULL_VERSION: TrainingJobVersion = aVersion({
  preVersionId: id("19"),
  startTime: 1_524_189_990_636,
  duration: "9223372036854775807",
  engineType: 1,
  engineId: id("1"),
  engineName: "TensorFlow",
  engineVersion: "TF-1.4.0-python2.7",
  modelId: id("2"),
  appUrl: "/usr/app/",
  bootFileUrl: "/usr/app/boot.py",
  parameter: [{ label: "learning_rate", value: "0.01" }],
  dataUrl: "/usr/data/",
  datasetId: "d",
  datasetName: "dn",
  datasetVersionId: "dv",
  datasetVersionName: "dvn",
  dataSource: [{ type: "OBS", dataUrl: "/usr/data/", datasetId: null, datasetVersion: null }],
  trainUrl: "/usr/train/",
  logUrl: "/usr/log/",
  userImageUrl: "image:1",
  userCommand: "run",
  workerServerNum: 1,
  specId: id("1"),
  specCode: "modelarts.vm.gpu.v100",
  core: "2",
  cpu: "8",
  gpuNum: 1,
  gpuType: "nvidia-v100",
  poolId: "pool",
  poolName: "the pool",
  resourceId: "r",
  volumes: [{ nfs: { id: "n", read_only: false } }],
  modelMetricList: { metric: [] },
  systemMetricList: { cpuUsage: ["1"], interval: 60 },
});

/** A job with these versions, newest first. */
export function aJob(
  jobId: string,
  versions: TrainingJobVersion[],
  fields: Partial<JobWithVersions> = {},
): JobWithVersions {
  const jobName = "TestModelArtsJob";
  return {
    jobId: id(jobId),
    jobName,
    jobDesc: "",
    versionCount: versions.length,
    versions,
    complete: true,
    ...fields,
  };
}

/** A resource spec that allows four nodes. */
export function aSpec(fields: Partial<ResourceSpec> = {}): ResourceSpec {
  return {
    specId: id("1"),
    specCode: "modelarts.vm.gpu.v100",
    core: "8",
    cpu: "64",
    gpuNum: 1,
    gpuType: "nvidia-v100",
    maxNum: 4,
    unitNum: 1,
    storage: null,
    interfaceType: 1,
    noResource: false,
    ...fields,
  };
}

/** An engine. */
export function anEngine(fields: Partial<EngineSpec> = {}): EngineSpec {
  return {
    engineId: id("1"),
    engineType: 1,
    engineName: "TensorFlow",
    engineVersion: "TF-1.4.0-python2.7",
    ...fields,
  };
}
