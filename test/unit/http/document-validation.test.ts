import { parse } from "graphql";
import { expect, test } from "vitest";
import { createDocumentValidation } from "../../../src/http/document-validation.js";
import { defaultLimits, schema } from "../http-limits/support.js";

const limits = defaultLimits();
const validate = createDocumentValidation({ schema, limits, introspection: true });
const codesOf = (errors: readonly Error[]) =>
  errors.map((error) => (error as { extensions?: { code?: string } }).extensions?.code);

test("a document beyond a limit is told of as that, also when it is invalid besides", () => {
  const errors = validate(parse(`{ __typename ${"@nonsense ".repeat(101)} }`));
  expect(errors).toMatchObject([
    { extensions: { code: "LIMIT_EXCEEDED", limit: { name: "directives", maximum: 100, actual: 101 } } },
  ]);
});

test("every rule that a document breaks is told", () => {
  const errors = validate(parse("{ nothing neither }"));
  expect(codesOf(errors)).toEqual(["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_VALIDATION_FAILED"]);
});

test("introspection is valid where the schema may be asked for, and nowhere else", () => {
  const closed = createDocumentValidation({ schema, limits, introspection: false });
  const document = parse("{ __schema { queryType { name } } }");
  expect(validate(document)).toEqual([]);
  expect(codesOf(closed(document))).toContain("GRAPHQL_VALIDATION_FAILED");
});
