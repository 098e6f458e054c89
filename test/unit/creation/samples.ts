import {
  type Caller,
  type LongId,
  type NewVersion,
  statusFromCode,
  type TrainingJobVersion,
} from "../../../src/domain/index.js";
import { vendorSample } from "../../support/upstream-client.js";

export const id = (digits: string): LongId => digits as LongId;

/** The vendor's sample, without its description: job 10, previous version 20. */
export function sampleVersion(config: Partial<NewVersion["config"]> = {}, jobDesc?: string): NewVersion {
  return {
    jobId: vendorSample.jobId,
    ...(jobDesc !== undefined && { jobDesc }),
    config: { ...vendorSample.config, ...config },
  };
}

const NOTHING_SHOWN = {
  coverage: "list",
  jobName: "job",
  jobDesc: null,
  versionName: null,
  startTime: null,
  duration: null,
  engineType: null,
  engineName: null,
  engineVersion: null,
  datasetName: null,
  datasetVersionName: null,
  specCode: null,
  core: null,
  cpu: null,
  gpuNum: null,
  gpuType: null,
  poolName: null,
  resourceId: null,
  volumes: [],
  modelMetricList: null,
  systemMetricList: null,
} as const;

/** How a list of versions shows what was created with that input. */
export function versionOf(created: NewVersion): TrainingJobVersion {
  const { config } = created;
  return {
    ...NOTHING_SHOWN,
    ...statusFromCode(1),
    volumes: [],
    jobId: created.jobId,
    versionId: id("100"),
    preVersionId: config.preVersionId,
    createTime: 0,
    engineId: config.engineId ?? (config.modelId || config.userImageUrl ? null : id("1")),
    modelId: config.modelId ?? null,
    appUrl: config.appUrl ?? null,
    bootFileUrl: config.bootFileUrl ?? null,
    parameter: (config.parameter ?? []).map(({ label = null, value = null }) => ({ label, value })),
    dataUrl: config.dataUrl ?? null,
    datasetId: config.datasetId ?? null,
    datasetVersionId: config.datasetVersionId ?? null,
    dataSource: (config.dataSource ?? []).map((item) => ({
      type: item.type,
      dataUrl: item.dataUrl ?? null,
      datasetId: item.datasetId ?? null,
      datasetVersion: item.datasetVersion ?? null,
    })),
    trainUrl: config.trainUrl,
    logUrl: config.logUrl ?? null,
    userImageUrl: config.userImageUrl ?? null,
    userCommand: config.userCommand ?? null,
    workerServerNum: config.workerServerNum,
    specId: config.specId ?? null,
    poolId: config.poolId ?? null,
  };
}

export function callerNamed(name: string, projectId = "project"): Caller {
  return { projectId, credential: { kind: "token", token: `token of ${name}` }, credentialId: name };
}
