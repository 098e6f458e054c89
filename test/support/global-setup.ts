import type { TestProject } from "vitest/node";
import { startRedis } from "./redis-server.js";

declare module "vitest" {
  export interface ProvidedContext {
    redisUrl: string;
  }
}

/** One Redis for the whole run: `TEST_REDIS_URL`, or one that is started here and stopped afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_REDIS_URL;
  if (given) {
    project.provide("redisUrl", given);
    return async () => {};
  }
  const redis = await startRedis();
  project.provide("redisUrl", redis.url);
  return () => redis[Symbol.asyncDispose]();
}
