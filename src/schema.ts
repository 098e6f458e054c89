import "reflect-metadata";
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from "graphql";
import { buildSchemaSync, type PubSub } from "type-graphql";
import { resolvers } from "./resolvers/index.js";
import { callDirectly } from "./schema-handlers.js";

/** type-graphql asks for one; every subscription here is an async generator of the status watch and uses none. */
const noPubSub: PubSub = {
  publish: () => {
    throw new Error("Nothing is published through type-graphql.");
  },
  subscribe: () => {
    throw new Error("Nothing is subscribed to through type-graphql.");
  },
};

/** The gateway's schema. Its context is a `GatewayContext`. */
export function buildGatewaySchema(): GraphQLSchema {
  // The schema never differs from the one that the tests check: checking it at each start would cost a tenth of the start.
  const options = { validate: false, skipCheck: true, pubSub: noPubSub };
  return callDirectly(buildSchemaSync({ resolvers: [...resolvers], ...options }), resolvers);
}

/** The schema as SDL, sorted, so that it changes only when the schema does. */
export function printGatewaySchema(): string {
  return `${printSchema(lexicographicSortSchema(buildGatewaySchema()))}\n`;
}
