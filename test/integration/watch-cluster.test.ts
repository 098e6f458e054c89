import { pino } from "pino";
import { expect, test } from "vitest";
import { connectRedis } from "../../src/redis.js";
import { createRedisWatchStores } from "../../src/watch/index.js";
import { redisConfig } from "../support/redis.js";
import { startRedis } from "../support/redis-server.js";
import { until } from "../support/until.js";
import { startReplica } from "../unit/watch/support/replica.js";
import { ScriptedUpstream } from "../unit/watch/support/scripted-upstream.js";

const log = pino({ level: "silent" });

/** A cluster of one node, which serves every slot and refuses scripts whose keys lie in several. */
async function startCluster() {
  const server = await startRedis(["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]);
  const node = await connectRedis(redisConfig({ target: { kind: "single", url: server.url } }), log);
  await node.commands.call("CLUSTER", "ADDSLOTSRANGE", 0, 16_383);
  await until("the cluster is up", async () =>
    String(await node.commands.call("CLUSTER", "INFO")).includes("cluster_state:ok"),
  );
  await node.close();
  const nodes = [{ host: "127.0.0.1", port: server.port }];
  const redis = await connectRedis(redisConfig({ target: { kind: "cluster", nodes } }), log);
  return { redis, server };
}

test("watching works on a Redis Cluster", async () => {
  const { redis, server } = await startCluster();
  await until("the cluster is connected", () => redis.isUp());
  const upstream = new ScriptedUpstream();
  upstream.set("1", "RUNNING");
  const replicas = [1, 2].map(() =>
    startReplica({
      upstream,
      stores: createRedisWatchStores(redis, { historyLength: 100, log }),
      config: { pollIntervalMs: 50, maxPollIntervalMs: 500 },
    }),
  );
  const readers = replicas.map((replica) => replica.read());
  const allTold = (count: number) => () => readers.every((reader) => reader.events.length === count);
  await until("both begin", allTold(1));
  upstream.set("1", "COMPLETED");
  await until("both are told", allTold(2));
  for (const reader of readers) expect(reader.told).toEqual(["1:RUNNING", "1:COMPLETED"]);
  await Promise.all(replicas.map((replica) => replica.watch.close()));
  await Promise.all(readers.map((reader) => reader.stop()));
  await redis.close();
  await server[Symbol.asyncDispose]();
});
