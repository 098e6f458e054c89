import type { LongId } from "./long-id.js";
import type { StatusMeaning } from "./status.js";

/** An instant as milliseconds since the epoch. */
export type EpochMillis = number;

/** A signed 64-bit integer as decimal digits. */
export type LongDigits = string;

/**
 * How much of a version an upstream answer holds. `summary`: what the list of jobs says of a job's current version;
 * `list`: the list of versions, every field but `specCode`; `details`: every field.
 */
export type Coverage = "summary" | "list" | "details";

/** A name and value handed to the training program. */
export interface Parameter {
  label: string | null;
  value: string | null;
}

/** Where training data comes from. */
export interface DataSource {
  type: "OBS" | "DATASET" | null;
  dataUrl: string | null;
  datasetId: string | null;
  datasetVersion: string | null;
}

/** What the list of jobs says of a version. */
export interface VersionSummary extends StatusMeaning {
  coverage: Coverage;
  jobId: LongId;
  jobName: string;
  jobDesc: string | null;
  versionId: LongId;
  createTime: EpochMillis | null;
  /** Milliseconds. */
  duration: LongDigits | null;
}

/**
 * A version of a training job. Fields beyond its {@link Coverage} are null or empty and mean nothing.
 * Plain JSON throughout, so that it can be stored as it is.
 */
export interface TrainingJobVersion extends VersionSummary {
  versionName: string | null;
  preVersionId: LongId | null;
  startTime: EpochMillis | null;
  engineType: number | null;
  engineId: LongId | null;
  engineName: string | null;
  engineVersion: string | null;
  modelId: LongId | null;
  appUrl: string | null;
  bootFileUrl: string | null;
  parameter: Parameter[];
  dataUrl: string | null;
  datasetId: string | null;
  datasetName: string | null;
  datasetVersionId: string | null;
  datasetVersionName: string | null;
  dataSource: DataSource[];
  trainUrl: string | null;
  logUrl: string | null;
  userImageUrl: string | null;
  userCommand: string | null;
  workerServerNum: number | null;
  specId: LongId | null;
  specCode: string | null;
  core: string | null;
  cpu: string | null;
  gpuNum: number | null;
  gpuType: string | null;
  poolId: string | null;
  poolName: string | null;
  resourceId: string | null;
  volumes: unknown[];
  modelMetricList: unknown;
  systemMetricList: unknown;
}

/** A job with all its versions, newest first by createTime, then versionId. */
export interface JobWithVersions {
  jobId: LongId;
  jobName: string;
  jobDesc: string;
  versionCount: number;
  versions: TrainingJobVersion[];
  /** False when the upstream counts more versions than it listed: a version missing here may exist all the same. */
  complete: boolean;
}

/** A job as the list of jobs shows it. */
export interface TrainingJobSummary {
  jobId: LongId;
  jobName: string;
  jobDesc: string;
  versionCount: number;
  /** Of coverage `summary`; null in a job without versions. */
  currentVersion: VersionSummary | null;
}

/** One page of the list of jobs. */
export interface TrainingJobPage {
  jobs: TrainingJobSummary[];
  jobTotalCount: number;
  jobCountLimit: number | null;
  quotas: number | null;
}

/** The columns that the upstream sorts jobs by. */
export type TrainingJobSortField =
  | "JOB_NAME"
  | "JOB_DESC"
  | "STATUS"
  | "DURATION"
  | "VERSION_COUNT"
  | "CREATE_TIME";

/** What selects one page of the list of jobs. Fields left out are left to the upstream's defaults. */
export interface JobListQuery {
  statusCode?: number;
  searchContent?: string;
  workspaceId?: string;
  sortBy: TrainingJobSortField;
  order: "ASC" | "DESC";
  page: number;
  perPage: number;
}
