import { createRedisPermits } from "./budget/index.js";
import { createLookups, createProofs, createRedisStore } from "./cache/index.js";
import { type Clock, systemClock } from "./clock.js";
import type { Config } from "./config/index.js";
import {
  createMemoryIdempotencyStore,
  createRedisIdempotencyStore,
  createVersionCreation,
} from "./creation/index.js";
import type { LongId } from "./domain/index.js";
import type { DependencyState } from "./http/health.js";
import { createHttpServer } from "./http/http-server.js";
import { createQueryLimits, createRateLimiter } from "./http/limits/index.js";
import { createIdentity } from "./identity.js";
import type { Logger } from "./observability/logger.js";
import { createMetrics, type Metrics, type ShareMetrics } from "./observability/metrics.js";
import type { UpstreamCall, UpstreamReads } from "./ports.js";
import type { RedisConnection } from "./redis.js";
import { buildGatewaySchema } from "./schema.js";
import {
  createUpstream,
  type ModelArtsUpstream,
  type SharePermits,
  type UpstreamOptions,
} from "./upstream/index.js";
import { createMemoryWatchStores, createRedisWatchStores, createStatusWatch } from "./watch/index.js";

export interface AppOptions {
  log: Logger;
  /** The machine's time unless told. */
  clock?: Clock;
  /** From 0 to 1; spreads retries and polls. `Math.random` unless told. */
  random?: () => number;
  /** Where several processes serve one port; `/metrics` then tells of all of them. */
  shareMetrics?: ShareMetrics;
}

/** One gateway. */
export interface App {
  /** Starts to serve; resolves with the URL. */
  start(): Promise<string>;
  /**
   * Says that it is not ready, goes on serving for SHUTDOWN_DELAY_MS, then finishes what is in flight within
   * SHUTDOWN_GRACE_MS, gives its leases up and lets go of everything.
   */
  close(): Promise<void>;
}

interface StoreOptions {
  config: Config;
  redis: RedisConnection | undefined;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
}

/** What is kept outside the rooms: in Redis where there is one, else in this process. */
function createStores({ config, redis, clock, log, metrics }: StoreOptions) {
  const { historyLength } = config.watch;
  if (redis === undefined) {
    return {
      cache: undefined,
      idempotency: createMemoryIdempotencyStore({ clock }),
      watch: createMemoryWatchStores({
        clock,
        historyLength,
        maxWatchedJobs: config.limits.subscriptionsMax,
      }),
    };
  }
  return {
    cache: createRedisStore(redis, { clock, log, events: metrics.cache }),
    idempotency: createRedisIdempotencyStore(redis, { clock, log }),
    watch: createRedisWatchStores(redis, { historyLength, clock, log }),
  };
}

function dependencyStates(
  upstream: ModelArtsUpstream,
  redis: RedisConnection | undefined,
): DependencyState[] {
  const states: DependencyState[] = [
    {
      dependency: "upstream",
      degradedReason: () => upstream.degradedReason(),
      probe: () => upstream.probe(),
    },
  ];
  if (redis) {
    const degradedReason = () => (redis.isUp() ? undefined : "not connected");
    // The connection tries again by itself.
    states.push({ dependency: "redis", degradedReason, probe: async () => {} });
  }
  return states;
}

/** ioredis is loaded only where it is needed: it costs start-up time and memory. */
async function connect(config: Config, log: Logger): Promise<RedisConnection | undefined> {
  if (config.redis === undefined) return undefined;
  const { connectRedis } = await import("./redis.js");
  return connectRedis(config.redis, log);
}

async function reportRedis(redis: RedisConnection | undefined, log: Logger): Promise<void> {
  if (redis === undefined) return;
  const report = await import("./redis.js");
  report.reportRedis(redis, log);
}

function connectUpstream(
  { upstream: config }: Config,
  redis: RedisConnection | undefined,
  options: Omit<UpstreamOptions, "config" | "sharePermits">,
): ModelArtsUpstream {
  const { callsPerMinute } = config;
  const sharePermits: SharePermits | undefined =
    redis &&
    ((local, ceilings) => createRedisPermits({ ...options, redis, local, ceilings, callsPerMinute }));
  return createUpstream({ ...options, config, ...(sharePermits && { sharePermits }) });
}

/** Waits for work, but not beyond that time. */
function until(clock: Clock, endsAt: number) {
  return (work: Promise<void>) => Promise.race([work, clock.sleep(Math.max(0, endsAt - clock.now()))]);
}

/** For those who want what was found, and not what it was read from. */
function listVersionsOf(upstream: UpstreamReads) {
  return (call: UpstreamCall, jobId: LongId) => upstream.listVersions(call, jobId).then(({ value }) => value);
}

/** Builds the gateway. This is the only place that knows who supplies what to whom. */
export async function createApp(config: Config, options: AppOptions): Promise<App> {
  const { log, clock = systemClock, random = Math.random } = options;
  const common = { clock, random, log };
  const metrics = createMetrics(options.shareMetrics);
  const redis = await connect(config, log);
  const stores = createStores({ config, redis, clock, log, metrics });

  const upstream = connectUpstream(config, redis, { ...common, events: metrics.upstream });
  const { proofTtlMs } = config.auth;
  const proofs = createProofs({ store: stores.cache, proofTtlMs, clock, events: metrics.cache });
  const lookups = createLookups({
    ...common,
    upstream,
    proofs,
    store: stores.cache,
    config: config.cache,
    upstreamBudgetMs: config.upstream.budgetMs,
    events: metrics.cache,
  });
  const watch = createStatusWatch({
    ...common,
    poll: listVersionsOf(upstream),
    lookups,
    proofs,
    ...stores.watch,
    config: config.watch,
    limits: config.limits,
    events: metrics.watch,
  });
  const creation = createVersionCreation({
    upstream,
    listVersions: listVersionsOf(upstream),
    lookups,
    watch,
    proofs,
    store: stores.idempotency,
    upstreamTimeoutMs: config.upstream.timeoutMs,
    log,
    clock,
    events: metrics.creation,
  });
  const dependencies = dependencyStates(upstream, redis);
  metrics.observeDependencies(dependencies);
  const { operationsPerMinute: perMinute } = config.limits;
  const rateLimiter = createRateLimiter({ perMinute, clock, log, ...(redis && { redis }) });
  const http = await createHttpServer({
    config: config.http,
    schema: buildGatewaySchema(),
    services: { lookups, upstream, creation, watch },
    identity: createIdentity(config.auth),
    limits: createQueryLimits({ maxDepth: config.limits.maxQueryDepth, maxCost: config.limits.maxQueryCost }),
    rateLimiter,
    dependencies,
    metrics,
    events: metrics.http,
    log,
  });

  return {
    async start() {
      const url = await http.listen();
      log.info({ event: "listening", url }, "listening");
      await reportRedis(redis, log);
      return url;
    },
    async close() {
      const { shutdownDelayMs, shutdownGraceMs } = config.http;
      http.announceDrain();
      if (shutdownDelayMs > 0) await clock.sleep(shutdownDelayMs);
      const inGrace = until(clock, clock.now() + shutdownGraceMs);
      // Before the sockets close: a lease given up by a watch that goes is handed over, so that nothing counts as missed.
      const released = watch.close();
      await http.close();
      // A creation whose caller has gone still runs to its answer and records it.
      await inGrace(creation.drain());
      await released;
      await rateLimiter.close();
      await lookups.close();
      await stores.idempotency.close();
      await inGrace(upstream.close());
      await redis?.close();
    },
  };
}
