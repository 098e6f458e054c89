import { readFileSync } from "node:fs";
import { buildSchema, getVariableValues, Kind, type OperationDefinitionNode, parse, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { SAMPLES } from "../../../../src/http/pages/samples.js";

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));

function operationsOf(document: string): OperationDefinitionNode[] {
  return parse(document).definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
}

describe("the explorers' samples", () => {
  test("are a lookup, a mutation and a subscription", () => {
    const operations = SAMPLES.flatMap(({ query }) => operationsOf(query));
    expect(operations.map(({ operation }) => operation)).toEqual(["query", "mutation", "subscription"]);
  });

  test.each(SAMPLES.map((sample) => [operationsOf(sample.query)[0]?.name?.value, sample] as const))(
    "%s is valid in the schema, and so are its variables",
    (_name, { query, variables }) => {
      expect(validate(schema, parse(query))).toEqual([]);
      const definitions = operationsOf(query)[0]?.variableDefinitions ?? [];
      expect(getVariableValues(schema, definitions, variables)).toEqual({ coerced: expect.anything() });
    },
  );

  test("are one valid document together, as Sandbox shows them", () => {
    const document = SAMPLES.map(({ query }) => query).join("\n");
    expect(validate(schema, parse(document))).toEqual([]);
  });
});
