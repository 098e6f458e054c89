import { invalidArgument, invalidValue, parameterError } from "../answers.js";
import { isJsonObject, type JsonObject } from "../json.js";
import type { DataSource, Project, VersionConfig } from "../store/entities.js";
import {
  INT_MAX,
  LONG_MAX,
  mandatoryInteger,
  mandatoryText,
  optionalBoolean,
  optionalInteger,
  optionalObjects,
  optionalText,
} from "./fields.js";

/** A path of OBS as the documentation shows it: from the root on. */
function optionalPath(config: JsonObject, name: string): string | undefined {
  const path = optionalText(config, name);
  if (path !== undefined && path !== "" && !path.startsWith("/")) {
    throw invalidValue(`${name} must start with /.`);
  }
  return path;
}

const segmentsOf = (path: string): string[] => path.split("/").filter((segment) => segment !== "");

/** The boot file is stored in the code directory. */
function isInside(directory: string, file: string): boolean {
  const inside = segmentsOf(file);
  const outside = segmentsOf(directory);
  return inside.length > outside.length && outside.every((segment, index) => segment === inside[index]);
}

function readCode(config: JsonObject, hasModel: boolean): Pick<VersionConfig, "app_url" | "boot_file_url"> {
  const app_url = optionalPath(config, "app_url");
  const boot_file_url = optionalPath(config, "boot_file_url");
  if (!app_url && !boot_file_url && hasModel) return {};
  if (!app_url) throw invalidArgument("app_url is mandatory: it goes with boot_file_url.");
  if (!boot_file_url) throw invalidArgument("boot_file_url is mandatory: it goes with app_url.");
  if (!isInside(app_url, boot_file_url)) {
    throw invalidValue("boot_file_url must be stored in the code directory app_url.");
  }
  return { app_url, boot_file_url };
}

function readDataSourceItem(item: JsonObject, index: number): DataSource {
  const where = `data_source[${index}]`;
  const type = item.type;
  const data_url = optionalPath(item, "data_url");
  const dataset_id = optionalText(item, "dataset_id");
  const dataset_version = optionalText(item, "dataset_version");
  if (type === "obs") {
    if (!data_url) throw invalidArgument(`${where}.data_url is mandatory for an obs item.`);
    if (dataset_id !== undefined || dataset_version !== undefined) {
      throw parameterError(`${where} is an obs item: dataset_id and dataset_version must be left out.`);
    }
    return { type, data_url };
  }
  if (type !== "dataset") throw invalidValue(`${where}.type must be obs or dataset.`);
  if (!dataset_id) throw invalidArgument(`${where}.dataset_id is mandatory for a dataset item.`);
  if (!dataset_version) throw invalidArgument(`${where}.dataset_version is mandatory for a dataset item.`);
  if (data_url !== undefined) {
    throw parameterError(`${where} is a dataset item: data_url must be left out.`);
  }
  return { type, dataset_id, dataset_version };
}

function readDataSources(config: JsonObject): DataSource[] | undefined {
  const items = optionalObjects(config, "data_source")?.map(readDataSourceItem);
  if (items?.length === 0) throw invalidArgument("data_source must have at least one item.");
  if (new Set(items?.map((item) => item.type)).size > 1) {
    throw parameterError("data_source must not mix obs and dataset items.");
  }
  return items;
}

type DataSet = Pick<VersionConfig, "data_url" | "dataset_id" | "dataset_version_id" | "data_source">;

function readDataSet(config: JsonObject): DataSet {
  const data_url = optionalPath(config, "data_url") || undefined;
  const dataset_id = optionalText(config, "dataset_id") || undefined;
  const dataset_version_id = optionalText(config, "dataset_version_id") || undefined;
  const data_source = readDataSources(config);
  if ((dataset_id === undefined) !== (dataset_version_id === undefined)) {
    throw parameterError("dataset_id and dataset_version_id must be given together.");
  }
  const given = [data_url, dataset_id, data_source].filter((way) => way !== undefined).length;
  if (given !== 1) {
    throw parameterError(
      "Exactly one of data_url, dataset_id with dataset_version_id, and data_source must be given.",
    );
  }
  return {
    ...(data_url !== undefined && { data_url }),
    ...(dataset_id !== undefined && { dataset_id }),
    ...(dataset_version_id !== undefined && { dataset_version_id }),
    ...(data_source !== undefined && { data_source }),
  };
}

type Machine = Pick<VersionConfig, "worker_server_num" | "spec_id" | "pool_id">;

function readMachine(config: JsonObject, project: Project): Machine {
  const workers = Number(mandatoryInteger(config, "worker_server_num", 1n, INT_MAX));
  const spec_id = optionalInteger(config, "spec_id", 0n, LONG_MAX);
  const pool_id = optionalText(config, "pool_id") || undefined;
  if (spec_id !== undefined && pool_id !== undefined) {
    throw parameterError("spec_id and pool_id exclude each other.");
  }
  if (pool_id !== undefined) return { worker_server_num: workers, pool_id };
  if (spec_id === undefined) throw invalidArgument("spec_id is mandatory.");
  const spec = project.specs.find((candidate) => candidate.id === spec_id);
  if (!spec) throw invalidValue(`The resource specification ${spec_id} does not exist.`);
  if (workers > spec.maxNum) {
    throw invalidValue(`worker_server_num must be at most ${spec.maxNum} with the specification ${spec_id}.`);
  }
  return { worker_server_num: workers, spec_id };
}

type Program = Pick<VersionConfig, "engine_id" | "model_id" | "user_image_url" | "user_command">;

/** `engine_id` is mandatory unless a built-in model or a custom image stands in for it. */
function readProgram(config: JsonObject, project: Project): Program {
  const engine_id = optionalInteger(config, "engine_id", 0n, LONG_MAX);
  const model_id = optionalInteger(config, "model_id", 0n, LONG_MAX);
  const user_image_url = optionalText(config, "user_image_url") || undefined;
  const user_command = optionalText(config, "user_command") || undefined;
  if (engine_id === undefined && model_id === undefined && user_image_url === undefined) {
    throw invalidArgument("engine_id is mandatory.");
  }
  if (engine_id !== undefined && !project.engines.some((engine) => engine.id === engine_id)) {
    throw invalidValue(`The engine ${engine_id} does not exist.`);
  }
  if (model_id !== undefined && !project.algorithms.some((algorithm) => algorithm.id === model_id)) {
    throw invalidValue(`The built-in model ${model_id} does not exist.`);
  }
  if (user_command !== undefined && user_image_url === undefined) {
    throw parameterError("user_command goes with user_image_url.");
  }
  return {
    ...(engine_id !== undefined && { engine_id }),
    ...(model_id !== undefined && { model_id }),
    ...(user_image_url !== undefined && { user_image_url }),
    ...(user_command !== undefined && { user_command }),
  };
}

function readParameters(config: JsonObject): VersionConfig["parameter"] {
  return optionalObjects(config, "parameter")?.map((item) => {
    const label = optionalText(item, "label");
    const value = optionalText(item, "value");
    return { ...(label !== undefined && { label }), ...(value !== undefined && { value }) };
  });
}

function readVolumes(config: JsonObject): JsonObject[] | undefined {
  return optionalObjects(config, "volumes")?.map((volume, index) => {
    const kind = isJsonObject(volume.nfs) ? "nfs" : "host_path";
    const mount = volume[kind];
    if (!isJsonObject(mount)) throw parameterError(`volumes[${index}] must have nfs or host_path.`);
    if (kind === "nfs") mandatoryText(mount, "id");
    mandatoryText(mount, "src_path");
    mandatoryText(mount, "dest_path");
    optionalBoolean(mount, "read_only");
    return volume;
  });
}

/**
 * What "Creating a Version of a Training Job" and "Creating a Training Job" say of `config`, except `pre_version_id`.
 *
 * @throws Refusal ModelArts.0101 (missing), .0104 (wrong type or combination), .0107 (value not allowed)
 */
export function readVersionConfig(
  config: JsonObject,
  project: Project,
  options: { trainUrl: "mandatory" | "optional" },
): VersionConfig {
  const machine = readMachine(config, project);
  const program = readProgram(config, project);
  const code = readCode(config, program.model_id !== undefined);
  const dataSet = readDataSet(config);
  const parameter = readParameters(config);
  const volumes = readVolumes(config);
  const train_url = optionalPath(config, "train_url") || undefined;
  if (train_url === undefined && options.trainUrl === "mandatory") {
    throw invalidArgument("train_url is mandatory.");
  }
  const log_url = optionalPath(config, "log_url") || undefined;
  return {
    ...machine,
    ...program,
    ...code,
    ...dataSet,
    ...(parameter !== undefined && { parameter }),
    ...(volumes !== undefined && { volumes }),
    ...(train_url !== undefined && { train_url }),
    ...(log_url !== undefined && { log_url }),
  };
}
