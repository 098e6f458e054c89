import { type Environment, EnvReader } from "./env-reader.js";
import { deepFreeze } from "./frozen.js";
import { type HttpConfig, type LimitsConfig, readHttpConfig, readLimitsConfig } from "./http-config.js";
import { type RedisConfig, readRedisConfig } from "./redis-config.js";
import {
  type AuthConfig,
  readAuthConfig,
  readUpstreamConfig,
  type UpstreamConfig,
} from "./upstream-config.js";

export { ConfigurationError, type Environment } from "./env-reader.js";
export type { HttpConfig, LimitsConfig } from "./http-config.js";
export { HEADER_SAFE, type IamLogin, type ServiceIdentity } from "./identity-config.js";
export type { RedisConfig } from "./redis-config.js";
export type { Secret } from "./secret.js";
export type { AuthConfig, UpstreamConfig } from "./upstream-config.js";

export interface CacheConfig {
  /** How long lists, and versions whose status can change, stay fresh. */
  activeTtlMs: number;
  /** The same for details of a terminal version. */
  terminalTtlMs: number;
  /** The same for resource and engine specs. */
  specsTtlMs: number;
  /** Who shares a cached answer. */
  scope: "credential" | "project";
}

export interface WatchConfig {
  pollIntervalMs: number;
  maxPollIntervalMs: number;
  /** Events retained per job. */
  historyLength: number;
}

export interface LogConfig {
  level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  format: "json" | "pretty";
}

/** Everything that can be set from outside; docs/configuration.md describes each variable. It never changes once read. */
export interface Config {
  http: HttpConfig;
  limits: LimitsConfig;
  auth: AuthConfig;
  upstream: UpstreamConfig;
  cache: CacheConfig;
  watch: WatchConfig;
  log: LogConfig;
  redis?: RedisConfig;
  /** Processes that serve the port; each is a replica of its own. */
  workers: number;
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

function readCacheConfig(read: EnvReader): CacheConfig {
  return {
    activeTtlMs: read.integer("CACHE_TTL_ACTIVE_MS", 2_000, { min: 0 }),
    terminalTtlMs: read.integer("CACHE_TTL_TERMINAL_MS", 300_000, { min: 0 }),
    specsTtlMs: read.integer("CACHE_TTL_SPECS_MS", 300_000, { min: 0 }),
    scope: read.choice("CACHE_SCOPE", "credential", ["credential", "project"]),
  };
}

function readWatchConfig(read: EnvReader): WatchConfig {
  const pollIntervalMs = read.duration("STATUS_POLL_INTERVAL_MS", 2_000, { min: 20 });
  const maxPollIntervalMs = read.duration("STATUS_POLL_MAX_INTERVAL_MS", Math.max(15_000, pollIntervalMs), {
    min: 20,
  });
  if (maxPollIntervalMs < pollIntervalMs) {
    read.problem(
      `STATUS_POLL_MAX_INTERVAL_MS is ${maxPollIntervalMs}: it must not be less than STATUS_POLL_INTERVAL_MS (${pollIntervalMs})`,
    );
  }
  return {
    pollIntervalMs,
    maxPollIntervalMs,
    historyLength: read.integer("STATUS_HISTORY_LENGTH", 1_024, { min: 1 }),
  };
}

function readWorkers(read: EnvReader, redis: RedisConfig | undefined): number {
  const workers = read.integer("WORKERS", 1, { min: 1, max: 256 });
  if (workers > 1 && redis === undefined) {
    read.problem(`WORKERS is ${workers}: more than one need Redis (REDIS_URL), which they share`);
  }
  return workers;
}

/**
 * Reads and checks the whole environment at once.
 *
 * @throws ConfigurationError listing everything that is wrong
 */
export function loadConfig(env: Environment): Config {
  const read = new EnvReader(env);
  const upstream = readUpstreamConfig(read);
  const redis = readRedisConfig(read);
  const config: Config = {
    http: readHttpConfig(read),
    limits: readLimitsConfig(read),
    auth: readAuthConfig(read, upstream.identity),
    upstream,
    cache: readCacheConfig(read),
    watch: readWatchConfig(read),
    log: {
      level: read.choice("LOG_LEVEL", "info", LOG_LEVELS),
      format: read.choice("LOG_FORMAT", "json", ["json", "pretty"]),
    },
    ...(redis && { redis }),
    workers: readWorkers(read, redis),
  };
  read.throwOnProblems();
  return deepFreeze(config);
}
