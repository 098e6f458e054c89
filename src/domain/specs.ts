import type { LongId } from "./long-id.js";

export type JobType = "TRAIN" | "INFERENCE";

/** A kind of machine that a version can run on. */
export interface ResourceSpec {
  specId: LongId;
  specCode: string | null;
  core: string | null;
  cpu: string | null;
  gpuNum: number | null;
  gpuType: string | null;
  /** The greatest workerServerNum with this spec. */
  maxNum: number | null;
  unitNum: number | null;
  storage: string | null;
  interfaceType: number | null;
  /** True when it is sold out. */
  noResource: boolean | null;
}

/** What selects resource specs. Fields left out are left to the upstream's defaults. */
export interface ResourceSpecQuery {
  jobType: JobType;
  engineId?: LongId;
  projectType?: number;
}

/** A framework that a version can run with. */
export interface EngineSpec {
  engineId: LongId;
  engineType: number | null;
  engineName: string | null;
  engineVersion: string | null;
}
