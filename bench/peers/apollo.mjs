/** Apollo Server standalone with DataLoader and no cache: where everybody starts. */
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { createLoaders } from "./modelarts.mjs";
import { address, createSchema } from "./schema.mjs";

const server = new ApolloServer({ schema: createSchema() });
await startStandaloneServer(server, { listen: address, context: async () => ({ loaders: createLoaders() }) });
