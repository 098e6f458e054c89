import type { LongId } from "./long-id.js";
import type { TrainingJobStatus } from "./status.js";
import type { EpochMillis } from "./training-job.js";

/** One item of a new version's data sources. */
export interface NewDataSource {
  type: "OBS" | "DATASET";
  dataUrl?: string;
  datasetId?: string;
  datasetVersion?: string;
}

/** What a new version of a training job shall be, every rule checked. Fields that were not given are absent. */
export interface NewVersion {
  jobId: LongId;
  jobDesc?: string;
  config: {
    workerServerNum: number;
    appUrl?: string;
    bootFileUrl?: string;
    parameter?: { label?: string; value?: string }[];
    dataUrl?: string;
    datasetId?: string;
    datasetVersionId?: string;
    dataSource?: NewDataSource[];
    specId?: LongId;
    poolId?: string;
    engineId?: LongId;
    modelId?: LongId;
    trainUrl: string;
    logUrl?: string;
    preVersionId: LongId;
    userImageUrl?: string;
    userCommand?: string;
  };
}

/** The engine that the vendor documents as the default. */
const DEFAULT_ENGINE_ID = "1" as LongId;

/** The config as the upstream gets it: with the default engine where neither an engine, a model nor an image is given. */
export function withDefaultEngine(config: NewVersion["config"]): NewVersion["config"] {
  const runsByItself = config.engineId ?? config.modelId ?? config.userImageUrl;
  return runsByItself === undefined ? { ...config, engineId: DEFAULT_ENGINE_ID } : config;
}

/** The upstream's answer to a creation. Only the two ids are certain. */
export interface CreatedVersion {
  jobId: LongId;
  versionId: LongId;
  jobName: string | null;
  versionName: string | null;
  status: TrainingJobStatus;
  statusCode: number;
  createTime: EpochMillis | null;
}
