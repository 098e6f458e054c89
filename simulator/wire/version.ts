import type { JsonObject } from "../json.js";
import type { Project, Version, VersionConfig } from "../store/entities.js";
import { durationAt, startedAt, statusAt } from "../store/lifecycle.js";
import { looseText, type Style } from "./habits.js";
import { metricFields } from "./metrics.js";

/** The two answers that hold versions differ: `gpu` is in the list only, `spec_code` in the details only. */
export type VersionView = "list" | "details";

function machineFields(config: VersionConfig, project: Project, view: VersionView, style: Style): JsonObject {
  const spec = project.specs.find((candidate) => candidate.id === config.spec_id);
  return {
    spec_id: config.spec_id,
    core: looseText(spec?.core, style),
    cpu: looseText(spec?.cpu, style),
    ...(view === "list" && { gpu: spec !== undefined && spec.gpuNum > 0 }),
    gpu_num: spec?.gpuNum,
    gpu_type: spec?.gpuType,
    ...(view === "details" && { spec_code: spec?.code }),
    worker_server_num: config.worker_server_num,
    pool_id: config.pool_id,
    pool_name: config.pool_id && `dedicated-${config.pool_id}`,
  };
}

function programFields(config: VersionConfig, project: Project): JsonObject {
  const algorithm = project.algorithms.find((candidate) => candidate.id === config.model_id);
  const engineId = config.engine_id ?? algorithm?.engineId;
  const engine = project.engines.find((candidate) => candidate.id === engineId);
  return {
    engine_type: engine?.type,
    engine_name: engine?.name,
    engine_id: engineId,
    engine_version: engine?.version,
    app_url: config.app_url,
    boot_file_url: config.boot_file_url,
    model_id: config.model_id,
    user_image_url: config.user_image_url,
    user_command: config.user_command,
  };
}

function dataFields(config: VersionConfig): JsonObject {
  return {
    data_url: config.data_url,
    dataset_id: config.dataset_id,
    dataset_version_id: config.dataset_version_id,
    dataset_name: config.dataset_id && `dataset-${config.dataset_id.slice(0, 4)}`,
    dataset_version_name: config.dataset_version_id && "V001",
    data_source: config.data_source?.map((item) => ({ ...item })),
    train_url: config.train_url,
    log_url: config.log_url,
    volumes: config.volumes,
    nas_mount_path: undefined,
    nas_share_addr: undefined,
    nas_type: undefined,
  };
}

/** The fields of a version as the wire names them, not yet styled. */
export function versionFields(
  version: Version,
  project: Project,
  now: number,
  view: VersionView,
  style: Style,
): JsonObject {
  const { config, timeline } = version;
  return {
    version_id: version.id,
    version_name: version.name,
    pre_version_id: version.preVersionId,
    status: statusAt(timeline, now),
    create_time: version.createTime,
    start_time: startedAt(timeline, now),
    duration: durationAt(timeline, now),
    parameter: config.parameter?.map(({ label, value }) => ({ label, value: looseText(value, style) })),
    resource_id: `resource-${version.id.toString(16)}`,
    ...programFields(config, project),
    ...machineFields(config, project, view, style),
    ...dataFields(config),
    ...metricFields(version.metrics, version.id, style),
  };
}
