import {
  type Coverage,
  compareLongIds,
  type DataSource,
  type LongId,
  type Parameter,
  statusFromCode,
  type TrainingJobVersion,
} from "../../domain/index.js";
import type { JsonObject } from "../json.js";
import { requiredId } from "./entities.js";
import { epochMillis, int, items, json, longDigits, longId, objects, text, textAsIs } from "./values.js";

/** What a version takes from its job. */
export interface JobOfVersion {
  jobId: LongId;
  jobName: string;
  jobDesc: string | null;
}

function parameter(raw: JsonObject): Parameter {
  return { label: text(raw.label), value: text(raw.value) };
}

const DATA_SOURCE_TYPES: ReadonlyMap<string, DataSource["type"]> = new Map([
  ["obs", "OBS"],
  ["dataset", "DATASET"],
]);

function dataSource(raw: JsonObject): DataSource {
  return {
    type: DATA_SOURCE_TYPES.get(text(raw.type)?.toLowerCase() ?? "") ?? null,
    dataUrl: text(raw.data_url),
    datasetId: text(raw.dataset_id),
    datasetVersion: text(raw.dataset_version),
  };
}

/**
 * A version as the list of versions and the version details show it. A `pre_version_id` of 0 is no version's id and null.
 *
 * @throws UPSTREAM_INVALID_RESPONSE without a version_id
 */
export function decodeVersion(raw: JsonObject, job: JobOfVersion, coverage: Coverage): TrainingJobVersion {
  const { jobId, jobName, jobDesc } = job;
  const { status, statusCode, terminal } = statusFromCode(int(raw.status) ?? 0);
  return {
    coverage,
    jobId,
    jobName,
    jobDesc,
    versionId: requiredId(raw, "version_id", 1n),
    versionName: text(raw.version_name),
    preVersionId: longId(raw.pre_version_id, 1n),
    status,
    statusCode,
    terminal,
    createTime: epochMillis(raw.create_time),
    startTime: epochMillis(raw.start_time),
    duration: longDigits(raw.duration),
    engineType: int(raw.engine_type),
    engineId: longId(raw.engine_id),
    engineName: text(raw.engine_name),
    engineVersion: text(raw.engine_version),
    modelId: longId(raw.model_id),
    userImageUrl: text(raw.user_image_url),
    userCommand: text(raw.user_command),
    appUrl: text(raw.app_url),
    bootFileUrl: text(raw.boot_file_url),
    parameter: objects(raw.parameter, parameter),
    dataUrl: text(raw.data_url),
    datasetId: text(raw.dataset_id),
    datasetName: text(raw.dataset_name),
    datasetVersionId: text(raw.dataset_version_id),
    datasetVersionName: text(raw.dataset_version_name),
    dataSource: objects(raw.data_source, dataSource),
    trainUrl: text(raw.train_url),
    logUrl: text(raw.log_url),
    volumes: items(raw.volumes).filter((volume) => volume !== null),
    workerServerNum: int(raw.worker_server_num),
    specId: longId(raw.spec_id),
    specCode: text(raw.spec_code),
    core: text(raw.core),
    cpu: text(raw.cpu),
    gpuNum: int(raw.gpu_num),
    gpuType: text(raw.gpu_type),
    poolId: text(raw.pool_id),
    poolName: text(raw.pool_name),
    resourceId: text(raw.resource_id),
    modelMetricList: json(raw.model_metric_list),
    systemMetricList: json(raw.system_metric_list),
  };
}

/** What a version takes from the job whose fields stand in the same object. */
export function jobOfVersion(raw: JsonObject, jobId: LongId): JobOfVersion {
  return { jobId, jobName: textAsIs(raw.job_name) ?? "", jobDesc: textAsIs(raw.job_desc) };
}

/** Newest first by createTime, then versionId; versions without a createTime come last. */
export function newestFirst(a: TrainingJobVersion, b: TrainingJobVersion): number {
  const byTime = (b.createTime ?? -Infinity) - (a.createTime ?? -Infinity);
  return byTime || compareLongIds(b.versionId, a.versionId);
}
