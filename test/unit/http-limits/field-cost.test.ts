import { type GraphQLResolveInfo, getNamedType, isObjectType, Kind, parse } from "graphql";
import { expect, test } from "vitest";
import { FIELD_COSTS } from "../../../src/http/limits/field-cost.js";
import { coverageAsked } from "../../../src/resolvers/coverage.js";
import { schema } from "./support.js";

function field(coordinate: string) {
  const [typeName = "", fieldName = ""] = coordinate.split(".");
  const type = schema.getType(typeName);
  return isObjectType(type) ? type.getFields()[fieldName] : undefined;
}

test.each(Object.keys(FIELD_COSTS))("%s is a field of the public schema", (coordinate) => {
  expect(field(coordinate)).toBeDefined();
});

test.each(Object.entries(FIELD_COSTS).filter(([, { page }]) => page === "own"))(
  "%s has the argument perPage, which its cost depends on",
  (coordinate) => {
    expect(field(coordinate)?.args.map(({ name }) => name)).toContain("perPage");
  },
);

test("every field that leads to a job, a version, a spec or an engine says what it costs", () => {
  const entities = new Set([
    "TrainingJob",
    "TrainingJobPage",
    "TrainingJobVersion",
    "ResourceSpec",
    "EngineSpec",
  ]);
  const leading = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) => Object.values(type.getFields()).map((each) => ({ type, field: each })))
    .filter((each) => entities.has(getNamedType(each.field.type).name))
    .map((each) => `${each.type.name}.${each.field.name}`);
  expect(leading.length).toBeGreaterThan(10);
  expect(leading.filter((coordinate) => !(coordinate in FIELD_COSTS))).toEqual([]);
});

test("every root field says what it costs", () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const coordinates = roots.flatMap((type) =>
    Object.keys(type?.getFields() ?? {}).map((name) => `${type?.name}.${name}`),
  );
  expect(coordinates).toHaveLength(10);
  expect(coordinates.filter((coordinate) => !FIELD_COSTS[coordinate]?.calls)).toEqual([]);
});

/** What the resolver of a field that leads to a version would fetch for one field of it. */
function coverageFor(versionField: string) {
  const [definition] = parse(`{ currentVersion { ${versionField} } }`).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error("no operation");
  const fieldNodes = definition.selectionSet.selections.filter((node) => node.kind === Kind.FIELD);
  return coverageAsked({ fieldNodes, fragments: {}, variableValues: {} } as unknown as GraphQLResolveInfo);
}

const versionType = schema.getType("TrainingJobVersion");
const versionFields = isObjectType(versionType)
  ? ["__typename", ...Object.keys(versionType.getFields())]
  : [];

test.each(versionFields)("%s of a current version is priced as its resolver fetches it", (name) => {
  const calls = FIELD_COSTS["TrainingJob.currentVersion"]?.itemCalls?.(new Set([name]));
  expect(calls).toBe(coverageFor(name) === "summary" ? 0 : 1);
});

test.each(versionFields)("%s of a list's versions is priced as its resolver fetches it", (name) => {
  const calls = FIELD_COSTS["TrainingJob.versions"]?.itemCalls?.(new Set([name]));
  expect(calls).toBe(coverageFor(name) === "details" ? 1 : 0);
});
