import { array, assert, nat, property } from "fast-check";
import {
  execute,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getNullableType,
  isEnumType,
  isListType,
  isObjectType,
  parse,
  validate,
} from "graphql";
import { expect, test } from "vitest";
import { FIELD_COSTS } from "../../../src/http/limits/field-cost.js";
import { coverageAsked } from "../../../src/resolvers/coverage.js";
import { type Pick, randomOperation } from "./random-operations.js";
import { costOf, depthOf, schema } from "./support.js";

/** Calls that each item needs besides, as the resolvers decide it. */
function callsPerItem(coordinate: string, info: GraphQLResolveInfo): number {
  if (coordinate === "TrainingJob.currentVersion") return coverageAsked(info) === "summary" ? 0 : 1;
  if (coordinate === "TrainingJob.versions") return coverageAsked(info) === "details" ? 1 : 0;
  return 0;
}

function leaf(type: GraphQLOutputType): unknown {
  if (isListType(type)) return [];
  return isEnumType(type) ? type.getValues()[0]?.value : 1;
}

interface Level {
  perPage?: number;
}

/** Executes the operation over a project in which every page is full; what it cost, and how deep its answer is. */
function measureByExecution(source: string, variableValues: Record<string, unknown>) {
  let tenths = 0;
  const result = execute({
    schema,
    document: parse(source),
    variableValues,
    rootValue: {},
    fieldResolver(parent: Level, args: { perPage?: number | null }, _context, info) {
      const coordinate = `${info.parentType.name}.${info.fieldName}`;
      const { calls = 0, page } = FIELD_COSTS[coordinate] ?? {};
      const perPage = args.perPage ?? 10;
      const items = page === "own" ? perPage : page === "above" ? (parent.perPage ?? 10) : 1;
      const allCalls = calls + items * callsPerItem(coordinate, info);
      tenths += allCalls > 0 ? allCalls * 500 : 1;
      const type = getNullableType(info.returnType);
      if (isObjectType(type)) return { perPage };
      const isListOfObjects = isListType(type) && isObjectType(getNullableType(type.ofType));
      return isListOfObjects ? Array.from({ length: items }, () => ({ perPage })) : leaf(type);
    },
  });
  if (result instanceof Promise) throw new Error("nothing here is asynchronous");
  expect(result.errors).toBeUndefined();
  // The executor answers __typename by itself.
  const typenames = JSON.stringify(result.data).match(/"__typename"/g)?.length ?? 0;
  return { cost: (tenths + typenames) / 10, depth: nesting(result.data) };
}

function nesting(value: unknown): number {
  if (Array.isArray(value)) return Math.max(0, ...value.map(nesting));
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(nesting));
}

/** Takes each choice from the numbers, and the first possibility when they have come to their end. */
function pickFrom(numbers: readonly number[]): Pick {
  const rest = [...numbers];
  return (below) => (rest.shift() ?? 0) % below;
}

test("the cost is what executing the operation over full pages adds up to, and nothing is deeper than its depth", () => {
  let deepest = 0;
  assert(
    property(array(nat(), { minLength: 20, maxLength: 80 }), (numbers) => {
      const { source, variables } = randomOperation(pickFrom(numbers));
      expect(validate(schema, parse(source)).map(({ message }) => message)).toEqual([]);
      const executed = measureByExecution(source, variables);
      expect(costOf(source, variables)).toBe(executed.cost);
      expect(depthOf(source)).toBeGreaterThanOrEqual(executed.depth);
      deepest = Math.max(deepest, executed.depth);
    }),
    { numRuns: 80 },
  );
  expect(deepest).toBeGreaterThan(2);
});
