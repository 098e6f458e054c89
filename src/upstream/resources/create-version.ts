import {
  type CreatedVersion,
  type LongId,
  type NewVersion,
  statusFromCode,
  withDefaultEngine,
} from "../../domain/index.js";
import { epochMillis, int, longId, text } from "../decode/values.js";
import { invalidResponse } from "../errors/invalid-response.js";
import { type JsonObject, JsonWriter } from "../json.js";
import { type RestRequest, versionsPath } from "../rest-request.js";

type Config = NewVersion["config"];

function idField(json: JsonWriter, id: LongId | undefined) {
  return id === undefined ? undefined : json.integer(id);
}

function dataSourceField(config: Config) {
  return config.dataSource?.map((item) => ({
    type: item.type.toLowerCase(),
    data_url: item.dataUrl,
    dataset_id: item.datasetId,
    dataset_version: item.datasetVersion,
  }));
}

/** Only what was given, in the order of the vendor's reference. */
function configField(json: JsonWriter, config: Config): JsonObject {
  return {
    worker_server_num: config.workerServerNum,
    app_url: config.appUrl,
    boot_file_url: config.bootFileUrl,
    parameter: config.parameter?.map(({ label, value }) => ({ label, value })),
    data_url: config.dataUrl,
    dataset_id: config.datasetId,
    dataset_version_id: config.datasetVersionId,
    data_source: dataSourceField(config),
    spec_id: idField(json, config.specId),
    pool_id: config.poolId,
    engine_id: idField(json, withDefaultEngine(config).engineId),
    model_id: idField(json, config.modelId),
    train_url: config.trainUrl,
    log_url: config.logUrl,
    pre_version_id: json.integer(config.preVersionId),
    user_image_url: config.userImageUrl,
    user_command: config.userCommand,
  };
}

/** `POST .../versions`, "Creating a Version of a Training Job" in the vendor's reference. */
export function createVersionRequest(version: NewVersion): RestRequest {
  const json = new JsonWriter();
  return {
    route: "create_version",
    group: "mutations",
    method: "POST",
    path: versionsPath(version.jobId),
    body: json.write({ job_desc: version.jobDesc ?? "", config: configField(json, version.config) }),
  };
}

/** @throws UPSTREAM_INVALID_RESPONSE, outcome unknown, without a version_id */
export function decodeCreatedVersion(answer: JsonObject, jobId: LongId): CreatedVersion {
  const versionId = longId(answer.version_id, 1n);
  if (versionId === null) {
    throw invalidResponse("reported a created version without a valid version_id", { outcome: "unknown" });
  }
  const { status, statusCode } = statusFromCode(int(answer.status) ?? 0);
  return {
    jobId: longId(answer.job_id, 1n) ?? jobId,
    versionId,
    jobName: text(answer.job_name),
    versionName: text(answer.version_name),
    status,
    statusCode,
    createTime: epochMillis(answer.create_time),
  };
}
