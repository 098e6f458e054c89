import type { EngineSpec, JobType, ResourceSpec, ResourceSpecQuery } from "../../domain/index.js";
import { requiredId, requiredList } from "../decode/entities.js";
import { bool, int, text } from "../decode/values.js";
import type { JsonObject } from "../json.js";
import { givenQuery, type RestRequest } from "../rest-request.js";

/** `GET /job/resource-specs`, with those filters that are given. */
export function listResourceSpecsRequest(query: ResourceSpecQuery): RestRequest {
  return {
    route: "list_resource_specs",
    group: "specs",
    method: "GET",
    path: "/job/resource-specs",
    query: givenQuery({
      job_type: query.jobType.toLowerCase(),
      engine_id: query.engineId,
      project_type: query.projectType,
    }),
  };
}

function decodeSpec(raw: JsonObject): ResourceSpec {
  return {
    specId: requiredId(raw, "spec_id"),
    specCode: text(raw.spec_code),
    core: text(raw.core),
    cpu: text(raw.cpu),
    gpuNum: int(raw.gpu_num),
    gpuType: text(raw.gpu_type),
    maxNum: int(raw.max_num),
    unitNum: int(raw.unit_num),
    storage: text(raw.storage),
    interfaceType: int(raw.interface_type),
    noResource: bool(raw.no_resource),
  };
}

/** @throws UPSTREAM_INVALID_RESPONSE without specs[] */
export function decodeResourceSpecs(answer: JsonObject): ResourceSpec[] {
  return requiredList(answer, "specs", { idField: "spec_id", countField: "spec_total_count" }, decodeSpec);
}

/** `GET /job/ai-engines`. */
export function listEngineSpecsRequest(jobType: JobType): RestRequest {
  return {
    route: "list_engine_specs",
    group: "specs",
    method: "GET",
    path: "/job/ai-engines",
    query: [["job_type", jobType.toLowerCase()]],
  };
}

function decodeEngine(raw: JsonObject): EngineSpec {
  return {
    engineId: requiredId(raw, "engine_id"),
    engineType: int(raw.engine_type),
    engineName: text(raw.engine_name),
    engineVersion: text(raw.engine_version),
  };
}

/** @throws UPSTREAM_INVALID_RESPONSE without engines[] */
export function decodeEngineSpecs(answer: JsonObject): EngineSpec[] {
  return requiredList(answer, "engines", { idField: "engine_id" }, decodeEngine);
}
