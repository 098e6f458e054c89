import { ApolloServer } from "@apollo/server";
import { GraphQLError } from "graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { createApolloLimits } from "../../../src/http/limits/index.js";
import { defaultLimits, schema } from "./support.js";

const limits = defaultLimits();
const { plugin, limitBehind } = createApolloLimits(limits);
const apollo = new ApolloServer({
  schema,
  parseOptions: { maxTokens: limits.maxTokens },
  plugins: [plugin],
  formatError: (formatted, error) => {
    const limit = limitBehind(error);
    return limit ? { message: limit.message, extensions: limit.extensions } : formatted;
  },
});

beforeAll(() => apollo.start());
afterAll(() => apollo.stop());

async function firstError(query: string) {
  const { body } = await apollo.executeOperation({ query });
  if (body.kind !== "single") throw new Error("incremental answer");
  return body.singleResult.errors?.[0];
}

test("a document with too many tokens is told of as a limit, not as a syntax error", async () => {
  expect(await firstError(`{ ${"jobId ".repeat(12_000)} }`)).toMatchObject({
    extensions: { code: "LIMIT_EXCEEDED", limit: { name: "tokens", maximum: 10_000, actual: 12_002 } },
  });
});

test("a malformed or invalid document within the limits keeps Apollo Server's own code", async () => {
  expect(await firstError("{ trainingJob(")).toMatchObject({ extensions: { code: "GRAPHQL_PARSE_FAILED" } });
  expect(await firstError("{ nothing }")).toMatchObject({
    extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
  });
});

test("no limit is found behind an error of another kind", () => {
  expect(
    limitBehind(new GraphQLError("other", { originalError: new GatewayError("CONFLICT", "x") })),
  ).toBeUndefined();
  expect(limitBehind("not an error")).toBeUndefined();
});
