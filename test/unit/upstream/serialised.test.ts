import {
  type GraphQLNamedOutputType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
import { describe, expect, it } from "vitest";
import { buildGatewaySchema } from "../../../src/schema.js";
import type { JsonObject } from "../../../src/upstream/json.js";
import { decodeCreatedVersion } from "../../../src/upstream/resources/create-version.js";
import { decodeJobPage } from "../../../src/upstream/resources/jobs.js";
import { decodeEngineSpecs, decodeResourceSpecs } from "../../../src/upstream/resources/specs.js";
import { decodeVersionDetails, listAllVersions } from "../../../src/upstream/resources/versions.js";
import { fuzzRandom, oddValue, type Random } from "../../support/fuzz-random.js";
import { id } from "../../support/upstream-client.js";

const schema = buildGatewaySchema();
const enums = Object.values(schema.getTypeMap()).filter(isEnumType);

const words = (text: string) => text.trim().split(/\s+/);
const PARAMETER = words("label value");
const DATA_SOURCE = words("type data_url dataset_id dataset_version");
const VERSION =
  words(`version_name pre_version_id status create_time start_time duration engine_type engine_id
  engine_name engine_version model_id user_image_url user_command app_url boot_file_url data_url dataset_id dataset_name
  dataset_version_id dataset_version_name train_url log_url volumes worker_server_num spec_id spec_code core cpu gpu_num
  gpu_type pool_id pool_name resource_id model_metric_list system_metric_list`);
const JOB = words("job_name job_desc version_count");

/** What `JSON.parse` can make, numbers that are none included. */
function anything(random: Random): unknown {
  if (random.chance(0.1)) return random.pick([Infinity, -Infinity, -0]);
  return JSON.parse(JSON.stringify(oddValue(random) ?? null));
}

const odd = (random: Random, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, anything(random)]));

const oddVersion = (random: Random) => ({
  ...odd(random, [...VERSION, ...JOB]),
  version_id: 1 + random.int(1_000),
  parameter: [odd(random, PARAMETER)],
  data_source: [odd(random, DATA_SOURCE), { type: random.pick(["obs", "dataset"]) }],
});

const oddJobs = (random: Random) => ({
  ...odd(random, words("job_total_count job_count_limit quotas")),
  jobs: [{ ...odd(random, [...JOB, ...VERSION]), job_id: 7, version_id: 8 }],
});

const oddSpecs = (random: Random) => ({
  specs: [
    {
      ...odd(
        random,
        words("spec_code core cpu gpu_num gpu_type max_num unit_num storage interface_type no_resource"),
      ),
      spec_id: 3,
    },
  ],
});

const oddEngines = (random: Random) => ({
  engines: [{ ...odd(random, words("engine_type engine_name engine_version")), engine_id: 4 }],
});

async function jobOf(versions: JsonObject[], random: Random) {
  const body = { ...odd(random, JOB), job_id: 7, version_count: versions.length, versions };
  const { value } = await listAllVersions(id("7"), async () => ({ body, text: "" }));
  return value;
}

/** A value of each type, as it is decoded from an answer of odd values. */
const READ: Record<string, (random: Random) => unknown> = {
  TrainingJobPage: (random) => decodeJobPage(oddJobs(random)),
  TrainingJob: (random) => jobOf([oddVersion(random)], random),
  TrainingJobVersion: (random) => decodeVersionDetails(oddVersion(random), id("7")),
  ResourceSpec: (random) => decodeResourceSpecs(oddSpecs(random))[0],
  EngineSpec: (random) => decodeEngineSpecs(oddEngines(random))[0],
  CreateTrainingJobVersionPayload: (random) => decodeCreatedVersion(oddVersion(random), id("7")),
};

/** Fields of a built-in type for which a value was seen. */
const seen = new Set<string>();

const isBuiltIn = (type: GraphQLNamedOutputType) => isEnumType(type) || isSpecifiedScalarType(type);

/** Where serialising would change a value of a built-in scalar or an enum. */
function changes(type: GraphQLOutputType, value: unknown, path: string): string[] {
  if (isNonNullType(type)) return value === null ? [path] : changes(type.ofType, value, path);
  if (value === null) return [];
  if (isListType(type)) return (value as unknown[]).flatMap((item) => changes(type.ofType, item, path));
  if (isObjectType(type)) return changesIn(type.name, value as JsonObject);
  if (!isLeafType(type) || !isBuiltIn(type)) return [];
  seen.add(path);
  return Object.is(type.serialize(value), value) ? [] : [`${path}: ${String(value)}`];
}

/** In the fields that the entity has. Only those with resolvers, or beyond a summary, may be missing. */
function changesIn(typeName: string, entity: JsonObject): string[] {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`there is no type ${typeName}`);
  return Object.values(type.getFields()).flatMap(({ name, type: fieldType, resolve }) => {
    const path = `${typeName}.${name}`;
    if (entity[name] === undefined) {
      return resolve || entity.coverage === "summary" ? [] : [`${path} is missing`];
    }
    return changes(fieldType, entity[name], path);
  });
}

/** What the gateway writes itself, and the events of subscriptions, which graphql-js executes. */
const NOT_READ = words("InputViolation StopTrainingJobVersionPayload TrainingJobStatusEvent");

/** Every field whose value is given as it is. */
const given = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter(({ name }) => !name.startsWith("__") && !NOT_READ.includes(name))
  .flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({ field, path: `${type.name}.${field.name}` })),
  )
  .filter(({ field }) => isBuiltIn(getNamedType(field.type)))
  .map(({ path }) => path);

/** Code that graphql-jit makes gives values of built-in types as they are (src/http/front/executors.ts). */
describe("What is read from ModelArts' answers", () => {
  it("has values that serialising would not change, in every field of a built-in type, also after a while in Redis", async () => {
    const random = fuzzRandom("values");
    for (let n = 0; n < 500; n += 1) {
      for (const [typeName, read] of Object.entries(READ)) {
        const entity = (await read(random)) as JsonObject;
        expect(changesIn(typeName, entity)).toEqual([]);
        expect(changesIn(typeName, JSON.parse(JSON.stringify(entity)))).toEqual([]);
      }
    }
    expect([...seen].toSorted()).toEqual(given.toSorted());
  });

  it("names the values of enums as GraphQL does", () => {
    const values = enums.filter(({ name }) => !name.startsWith("__")).flatMap((type) => type.getValues());
    expect(values.length).toBeGreaterThan(0);
    for (const { name, value } of values) expect(value).toBe(name);
  });
});
