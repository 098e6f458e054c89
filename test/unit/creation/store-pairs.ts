import { pino } from "pino";
import { systemClock } from "../../../src/clock.js";
import type { RedisConfig } from "../../../src/config/index.js";
import {
  createMemoryIdempotencyStore,
  createRedisIdempotencyStore,
  type IdempotencyStore,
} from "../../../src/creation/index.js";
import { connectTestRedis } from "../../support/redis.js";
import { type RedisServer, startRedis } from "../../support/redis-server.js";
import { until } from "../../support/until.js";

/** Two replicas' views of one store. */
export interface StorePair extends AsyncDisposable {
  here: IdempotencyStore;
  there: IdempotencyStore;
}

export async function openMemory(): Promise<StorePair> {
  const store = createMemoryIdempotencyStore({ clock: systemClock });
  return { here: store, there: store, [Symbol.asyncDispose]: () => store.close() };
}

/** Two connections with the same keys, as two replicas have. */
export async function openRedis(overrides: Partial<RedisConfig> = {}): Promise<StorePair> {
  const first = await connectTestRedis(overrides);
  const second = await connectTestRedis({ ...overrides, keyPrefix: first.keyPrefix });
  const here = createRedisIdempotencyStore(first, { clock: systemClock, log: pino({ level: "silent" }) });
  const there = createRedisIdempotencyStore(second, { clock: systemClock, log: pino({ level: "silent" }) });
  return {
    here,
    there,
    async [Symbol.asyncDispose]() {
      await Promise.all([here.close(), there.close()]);
      await Promise.all([first.close(), second.close()]);
    },
  };
}

/** One node that has all slots: it refuses a script whose keys do not share one, as any cluster does. */
async function startCluster(): Promise<RedisServer> {
  const server = await startRedis(["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]);
  const admin = await connectTestRedis({ target: { kind: "single", url: server.url } });
  await admin.commands.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  await until("the cluster is up", async () =>
    String(await admin.commands.call("CLUSTER", "INFO")).includes("cluster_state:ok"),
  );
  await admin.close();
  return server;
}

export async function openCluster(): Promise<StorePair> {
  const server = await startCluster();
  const nodes = [{ host: "127.0.0.1", port: server.port }];
  const pair = await openRedis({ target: { kind: "cluster", nodes } });
  return {
    ...pair,
    async [Symbol.asyncDispose]() {
      await pair[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
