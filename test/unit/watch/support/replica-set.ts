import { pino } from "pino";
import { systemClock } from "../../../../src/clock.js";
import { connectRedis, type RedisConnection } from "../../../../src/redis.js";
import { createRedisWatchStores } from "../../../../src/watch/index.js";
import { redisConfig } from "../../../support/redis.js";
import { type RedisServer, startRedis } from "../../../support/redis-server.js";
import { type Replica, type ReplicaOptions, startReplica } from "./replica.js";
import { ScriptedUpstream } from "./scripted-upstream.js";

const log = pino({ level: "silent" });

/** A gateway process that shares its stores with others. */
export interface RedisReplica extends Replica {
  redis: RedisConnection;
  /** Loses Redis for good without giving anything up, as a process that is killed. */
  crash(): void;
}

/** Replicas over one upstream and one Redis of their own. */
export interface ReplicaSet extends AsyncDisposable {
  server: RedisServer;
  upstream: ScriptedUpstream;
  replicas: RedisReplica[];
  add(): Promise<RedisReplica>;
}

export async function startReplicaSet(
  count: number,
  options: Partial<ReplicaOptions> = {},
): Promise<ReplicaSet> {
  const server = await startRedis();
  const upstream = new ScriptedUpstream();
  const config = { pollIntervalMs: 50, maxPollIntervalMs: 500, historyLength: 1_024, ...options.config };
  const keyPrefix = "test:";
  const replicas: RedisReplica[] = [];

  async function add(): Promise<RedisReplica> {
    const target = { kind: "single", url: server.url } as const;
    const redis = await connectRedis(redisConfig({ target, keyPrefix, timeoutMs: 500 }), log);
    const stores = createRedisWatchStores(redis, {
      historyLength: config.historyLength,
      clock: systemClock,
      log,
    });
    const replica = startReplica({ ...options, upstream, stores, config });
    const added = { ...replica, redis, crash: () => void redis.close() };
    replicas.push(added);
    return added;
  }

  for (let n = 0; n < count; n += 1) await add();
  return {
    server,
    upstream,
    replicas,
    add,
    async [Symbol.asyncDispose]() {
      await Promise.all(replicas.map((replica) => replica.watch.close()));
      await Promise.all(replicas.map((replica) => replica.redis.close()));
      await server[Symbol.asyncDispose]();
    },
  };
}
