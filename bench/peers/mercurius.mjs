/** Mercurius with its JIT from the first request on, and mercurius-cache on every resolver that calls the upstream. */
import Fastify from "fastify";
import mercurius from "mercurius";
import cache from "mercurius-cache";
import { createLoaders } from "./modelarts.mjs";
import { address, createSchema, MAX_ENTRIES, TTL_SECONDS } from "./schema.mjs";

const app = Fastify();
await app.register(mercurius, {
  schema: createSchema(),
  jit: 1,
  context: () => ({ loaders: createLoaders() }),
});
await app.register(cache, {
  ttl: TTL_SECONDS,
  storage: { type: "memory", options: { size: MAX_ENTRIES } },
  policy: {
    Query: { trainingJobVersion: true, trainingJob: true, trainingJobs: true },
    TrainingJob: { currentVersion: true },
  },
});
await app.listen(address);
