import { type RedisOptions as AnyRedisOptions, Cluster, type Command, Redis } from "ioredis";
import type { RedisConfig } from "./config/index.js";
import type { Logger } from "./observability/logger.js";
import { RedisTimeout } from "./redis-timeout.js";

// Replies in the "legacy" mapping: flat arrays, the same whichever protocol version the server speaks.
type RedisOptions = AnyRedisOptions & { replyMapping?: "legacy" };

/** A client of one server, of a sentinel group, or of a cluster. */
export type RedisClient = Redis | Cluster;

/** The connections that one replica shares among its rooms. */
export interface RedisConnection {
  /**
   * For all commands; those of one turn of the event loop travel together. Rejects at once while Redis is away, and after
   * the configured time-out when it is slow: a rejection of any kind means "go on without".
   */
  readonly commands: RedisClient;
  /** For SUBSCRIBE alone. It subscribes again by itself after a reconnect. */
  readonly subscriber: RedisClient;
  /** Starts every key and channel. */
  readonly keyPrefix: string;
  /** True while commands can be sent. */
  isUp(): boolean;
  /** Called each time the command connection has come (back) up. Returns how to stop listening. */
  onUp(listener: () => void): () => void;
  close(): Promise<void>;
}

const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 5_000;

/** Exponential backoff with full jitter; the floor keeps two connections under 10 attempts a second when Redis is away for long. */
export function reconnectDelayMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(MAX_RECONNECT_MS, MIN_RECONNECT_MS * 2 ** Math.min(attempt, 10));
  return Math.round(MIN_RECONNECT_MS + random() * ceiling);
}

function connectionOptions(config: RedisConfig): RedisOptions {
  return {
    ...(config.username !== undefined && { username: config.username }),
    ...(config.password !== undefined && { password: config.password }),
    ...(config.tls && { tls: {} }),
    connectTimeout: 5_000,
    retryStrategy: (attempt) => reconnectDelayMs(attempt),
  };
}

function createClient(config: RedisConfig, options: RedisOptions): RedisClient {
  const all: RedisOptions = { ...connectionOptions(config), ...options };
  switch (config.target.kind) {
    case "single":
      return new Redis(config.target.url, all);
    case "sentinel":
      return new Redis({
        ...all,
        sentinels: config.target.sentinels,
        name: config.target.name,
        sentinelRetryStrategy: (attempt: number) => reconnectDelayMs(attempt),
        ...(config.target.sentinelPassword !== undefined && {
          sentinelPassword: config.target.sentinelPassword,
        }),
      });
    case "cluster": {
      const { enableOfflineQueue = true, ...redisOptions } = all;
      return new Cluster(config.target.nodes, {
        redisOptions,
        enableOfflineQueue,
        clusterRetryStrategy: (attempt) => reconnectDelayMs(attempt),
      });
    }
  }
}

/** Tells of each command that is sent, those that the client sends by itself included. */
function watchCommands(client: RedisClient, onSend: (command: Command) => void): void {
  const send: Cluster["sendCommand"] = client.sendCommand.bind(client);
  client.sendCommand = (...args: Parameters<typeof send>) => {
    onSend(args[0]);
    return send(...args);
  };
}

/**
 * Has the commands of one turn of the event loop leave in one write. None waits for the answers to those before, as it would
 * with ioredis's automatic pipelines, which are also more work.
 */
function writeTogether(server: Redis): void {
  let isCorked = false;
  watchCommands(server, () => {
    if (isCorked) return;
    isCorked = true;
    const { stream } = server;
    stream?.cork();
    setImmediate(() => {
      isCorked = false;
      stream?.uncork();
    });
  });
}

/** The servers that a client talks to, those that a cluster will have included. */
function onServer(client: RedisClient, listener: (server: Redis) => void): void {
  if (client instanceof Redis) listener(client);
  else client.on("+node", listener);
}

/** Resolves with the first connection or after the time-out, whichever is first: a gateway starts without Redis too. */
function firstReady(client: RedisClient, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    client.once("ready", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Connects to Redis. Resolves also while Redis is away; the connection then comes up by itself later. */
export async function connectRedis(config: RedisConfig, log: Logger): Promise<RedisConnection> {
  const timeout = new RedisTimeout(config.timeoutMs);
  const commands = createClient(config, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  const subscriber = createClient(config, { autoResubscribe: true, maxRetriesPerRequest: null });
  onServer(commands, writeTogether);
  watchCommands(commands, (command) => {
    const stop = timeout.begin((error) => command.reject(error));
    command.promise.then(stop, stop);
  });
  // After a reconnect it subscribes again and leaves a failure of that to nobody.
  watchCommands(subscriber, (command) => void command.promise.catch(() => {}));
  for (const client of [commands, subscriber]) {
    client.on("error", (error: Error) =>
      log.debug({ event: "redis_error", reason: error.message }, "Redis connection error"),
    );
  }
  await firstReady(commands, config.timeoutMs);
  return {
    commands,
    subscriber,
    keyPrefix: config.keyPrefix,
    isUp: () => commands.status === "ready",
    onUp(listener) {
      commands.on("ready", listener);
      return () => commands.off("ready", listener);
    },
    async close() {
      commands.disconnect();
      subscriber.disconnect();
    },
  };
}

/** Warns when Redis may throw away what must not be lost: claims and histories live there, not only a cache. */
async function warnOfEviction(redis: RedisConnection, log: Logger): Promise<void> {
  const info = await redis.commands.info("memory").catch(() => "");
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy === undefined || policy === "noeviction") return;
  log.warn(
    { event: "redis_eviction_policy", policy },
    "Redis may evict idempotency claims and status histories: set maxmemory-policy to noeviction",
  );
}

/** Logs from now on when Redis goes away and comes back, each once. Returns how to stop. */
export function reportRedis(redis: RedisConnection, log: Logger): () => void {
  let wasUp = redis.isUp();
  const down = () => log.warn({ event: "redis_down" }, "Redis is away: going on without it");
  if (wasUp) void warnOfEviction(redis, log);
  else down();
  const onClose = () => {
    if (wasUp) down();
    wasUp = false;
  };
  redis.commands.on("close", onClose);
  const stopOnUp = redis.onUp(() => {
    if (!wasUp) log.info({ event: "redis_up" }, "Redis is back");
    wasUp = true;
    void warnOfEviction(redis, log);
  });
  return () => {
    stopOnUp();
    redis.commands.off("close", onClose);
  };
}
