/** GraphQL Yoga with its response cache: whole answers, shared by all callers. */
import { createServer } from "node:http";
import { createInMemoryCache, useResponseCache } from "@graphql-yoga/plugin-response-cache";
import { createYoga } from "graphql-yoga";
import { createLoaders } from "./modelarts.mjs";
import { address, createSchema, MAX_ENTRIES, TTL_SECONDS } from "./schema.mjs";

const yoga = createYoga({
  schema: createSchema(),
  logging: false,
  context: () => ({ loaders: createLoaders() }),
  plugins: [
    useResponseCache({
      session: () => null,
      ttl: TTL_SECONDS * 1000,
      cache: createInMemoryCache({ max: MAX_ENTRIES }),
      includeExtensionMetadata: false,
    }),
  ],
});
const server = createServer(yoga);
server.keepAliveTimeout = 72_000;
server.listen(address);
