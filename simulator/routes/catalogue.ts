import { success } from "../answers.js";
import type { Handler, World } from "../api.js";
import type { Algorithm, Engine, Project, Spec } from "../store/entities.js";
import { INT_MAX, LONG_MAX } from "../validation/fields.js";
import { compareValues, pageOf, queryChoice, queryInteger, querySearch } from "../validation/query.js";
import { looseText, styled, styleFor } from "../wire/habits.js";

const JOB_TYPES = ["train", "inference"] as const;

function specFields(spec: Spec, world: World) {
  const style = styleFor(world.habits(), `listResourceSpecs/${spec.id}`);
  return styled(
    {
      spec_id: spec.id,
      core: looseText(spec.core, style),
      cpu: looseText(spec.cpu, style),
      gpu_num: spec.gpuNum,
      gpu_type: spec.gpuType,
      spec_code: spec.code,
      max_num: spec.maxNum,
      unit_num: spec.unitNum,
      storage: spec.storage,
      interface_type: spec.interfaceType,
      no_resource: spec.soldOut,
    },
    style,
  );
}

/** "Querying Job Resource Specifications". */
export const listResourceSpecs: Handler = (request, world) => {
  const jobType = queryChoice(request.query, "job_type", JOB_TYPES);
  const engineId = queryInteger(request.query, "engine_id", { min: 0n, max: LONG_MAX, default: 0n });
  queryInteger(request.query, "project_type", { min: 0n, max: INT_MAX, default: 0n });
  const specs = world.store
    .project(request.projectId)
    .specs.filter((spec) => spec.jobType === jobType)
    .filter((spec) => engineId === 0n || spec.engineIds === undefined || spec.engineIds.includes(engineId));
  return success({
    ...styled({ spec_total_count: specs.length }, styleFor(world.habits(), "listResourceSpecs")),
    specs: specs.map((spec) => specFields(spec, world)),
  });
};

function engineFields(engine: Engine, world: World) {
  return styled(
    {
      engine_type: engine.type,
      engine_id: engine.id,
      engine_name: engine.name,
      engine_version: engine.version,
    },
    styleFor(world.habits(), `listEngines/${engine.id}`),
  );
}

/** "Querying Job Engine Specifications". */
export const listEngines: Handler = (request, world) => {
  const jobType = queryChoice(request.query, "job_type", JOB_TYPES);
  const engines = world.store
    .project(request.projectId)
    .engines.filter((engine) => engine.jobType === jobType);
  return success({ engines: engines.map((engine) => engineFields(engine, world)) });
};

const ALGORITHM_COLUMNS = [
  "engine",
  "model_name",
  "model_precision",
  "model_usage",
  "model_size",
  "create_time",
  "parameter",
] as const;

const COLUMNS: Record<
  (typeof ALGORITHM_COLUMNS)[number],
  (algorithm: Algorithm) => string | number | bigint
> = {
  engine: (algorithm) => algorithm.engineId,
  model_name: (algorithm) => algorithm.name,
  model_precision: (algorithm) => algorithm.precision,
  model_usage: (algorithm) => algorithm.usage,
  model_size: (algorithm) => algorithm.size,
  create_time: (algorithm) => algorithm.createTime,
  parameter: (algorithm) => algorithm.parameter,
};

function algorithmFields(algorithm: Algorithm, project: Project, world: World) {
  const engine = project.engines.find((candidate) => candidate.id === algorithm.engineId);
  return styled(
    {
      model_id: algorithm.id,
      model_name: algorithm.name,
      model_usage: algorithm.usage,
      model_precision: algorithm.precision,
      model_size: algorithm.size,
      model_train_dataset: algorithm.trainDataset,
      model_dataset_format: algorithm.datasetFormat,
      model_description_url: algorithm.descriptionUrl,
      parameter: algorithm.parameter,
      create_time: algorithm.createTime,
      engine_id: algorithm.engineId,
      engine_name: engine?.name,
      engine_version: engine?.version,
    },
    styleFor(world.habits(), `listAlgorithms/${algorithm.id}`),
  );
}

/** "Querying Built-in Algorithms". */
export const listAlgorithms: Handler = (request, world) => {
  const { query } = request;
  const project = world.store.project(request.projectId);
  const perPage = queryInteger(query, "per_page", { min: 1n, max: 100n, default: 10n });
  const page = queryInteger(query, "page", { min: 1n, max: 65_535n, default: 1n });
  const column = COLUMNS[queryChoice(query, "sortBy", ALGORITHM_COLUMNS)];
  const direction = queryChoice(query, "order", ["desc", "asc"]) === "asc" ? 1 : -1;
  const search = querySearch(query).toLowerCase();
  const found = project.algorithms
    .filter((algorithm) => algorithm.name.toLowerCase().includes(search))
    .toSorted((a, b) => direction * compareValues(column(a), column(b)));
  return success({
    ...styled({ model_total_count: found.length }, styleFor(world.habits(), "listAlgorithms")),
    models: pageOf(found, page, perPage).map((algorithm) => algorithmFields(algorithm, project, world)),
  });
};
