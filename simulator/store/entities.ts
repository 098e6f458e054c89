import type { Json } from "../json.js";
import type { Timeline } from "./lifecycle.js";

/** One item of a version's data sources, as it was sent. */
export interface DataSource {
  type: "obs" | "dataset";
  data_url?: string;
  dataset_id?: string;
  dataset_version?: string;
}

/** What a version was created with, under the wire's names. */
export interface VersionConfig {
  worker_server_num: number;
  app_url?: string;
  boot_file_url?: string;
  parameter?: { label?: string; value?: string }[];
  data_url?: string;
  dataset_id?: string;
  dataset_version_id?: string;
  data_source?: DataSource[];
  spec_id?: bigint;
  pool_id?: string;
  engine_id?: bigint;
  model_id?: bigint;
  train_url?: string;
  log_url?: string;
  user_image_url?: string;
  user_command?: string;
  volumes?: Json[];
}

export interface Metrics {
  precision: number;
  recall: number;
  accuracy: number;
  f1: number;
}

export interface Version {
  id: bigint;
  name: string;
  preVersionId?: bigint;
  /** Milliseconds since the epoch, as every time here. */
  createTime: number;
  timeline: Timeline;
  config: VersionConfig;
  metrics?: Metrics;
  /** Set by a deletion: from then on the version is gone. */
  goneAt?: number;
}

export interface Job {
  id: bigint;
  name: string;
  desc: string;
  createTime: number;
  workspaceId: string;
  /** In the order of their creation. */
  versions: Version[];
  /** Counts the versions ever created, for their names. */
  versionsCreated: number;
  goneAt?: number;
}

export interface Spec {
  id: bigint;
  code: string;
  core: string;
  /** Memory in GB: the vendor calls it cpu. */
  cpu: string;
  gpuNum: number;
  gpuType?: string;
  maxNum: number;
  unitNum: number;
  storage: string;
  interfaceType: number;
  soldOut: boolean;
  jobType: "train" | "inference";
  /** Only for these engines; for all when absent. */
  engineIds?: readonly bigint[];
}

export interface Engine {
  id: bigint;
  type: number;
  name: string;
  version: string;
  jobType: "train" | "inference";
}

export interface Algorithm {
  id: bigint;
  name: string;
  /** 1 image classification, 2 object class and location, 3 semantic segmentation, 4 language, 5 embedding. */
  usage: number;
  precision: string;
  size: bigint;
  trainDataset: string;
  datasetFormat: string;
  descriptionUrl: string;
  /** A string of JSON, as on the wire. */
  parameter: string;
  createTime: number;
  engineId: bigint;
}

/** What one tenant has. Ids are unique within a project only. */
export interface Project {
  id: string;
  jobs: Map<bigint, Job>;
  specs: Spec[];
  engines: Engine[];
  algorithms: Algorithm[];
  /** How many jobs it may have. */
  jobCountLimit: number;
  /** How many versions one job may have. */
  versionCountLimit: number;
}
