/** Apollo Server standalone with its own response cache: whole answers, shared by all callers. */
import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginCacheControl } from "@apollo/server/plugin/cacheControl";
import { startStandaloneServer } from "@apollo/server/standalone";
import responseCache from "@apollo/server-plugin-response-cache";
import { createLoaders } from "./modelarts.mjs";
import { address, createSchema, TTL_SECONDS } from "./schema.mjs";

const server = new ApolloServer({
  schema: createSchema(),
  plugins: [ApolloServerPluginCacheControl({ defaultMaxAge: TTL_SECONDS }), responseCache()],
});
await startStandaloneServer(server, { listen: address, context: async () => ({ loaders: createLoaders() }) });
