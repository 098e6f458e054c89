import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { inject } from "vitest";
import type { RedisConfig } from "../../src/config/index.js";
import { connectRedis, type RedisConnection } from "../../src/redis.js";

/** A connection configuration with keys of its own, so that tests can share one Redis. */
export function redisConfig(overrides: Partial<RedisConfig> = {}): RedisConfig {
  return {
    target: { kind: "single", url: inject("redisUrl") },
    tls: false,
    keyPrefix: `test:${randomUUID()}:`,
    timeoutMs: 2_000,
    ...overrides,
  };
}

/** A live connection; the caller closes it. */
export function connectTestRedis(overrides: Partial<RedisConfig> = {}): Promise<RedisConnection> {
  return connectRedis(redisConfig(overrides), pino({ level: "silent" }));
}
