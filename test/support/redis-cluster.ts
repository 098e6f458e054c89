import { pino } from "pino";
import { connectRedis, type RedisClient } from "../../src/redis.js";
import { redisConfig } from "./redis.js";
import { type RedisServer, startRedis } from "./redis-server.js";
import { until } from "./until.js";

const SLOTS = 16_384;

/** A Redis Cluster of masters that share the slots evenly. */
export interface RedisCluster extends AsyncDisposable {
  /** As REDIS_CLUSTER_NODES names them. */
  readonly nodes: string;
  /** How many keys each node holds. */
  sizes(): Promise<number[]>;
}

/** Starts one on free ports of 127.0.0.1. */
export async function startRedisCluster(size: number): Promise<RedisCluster> {
  const start = () => startRedis(["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]);
  const servers = await Promise.all(Array.from({ length: size }, start));
  const connections = await Promise.all(servers.map(connectTo));
  const admins = connections.map(({ commands }) => commands);
  await Promise.all(admins.map((admin, n) => join(admin, n, servers)));
  await until("all nodes agree that the cluster is up", async () => {
    const infos = await Promise.all(admins.map((admin) => admin.call("CLUSTER", "INFO")));
    return infos.every(
      (info) => /cluster_state:ok/.test(String(info)) && String(info).includes(`cluster_size:${size}`),
    );
  });
  return {
    nodes: servers.map(({ port }) => `127.0.0.1:${port}`).join(),
    sizes: () => Promise.all(admins.map((admin) => admin.dbsize())),
    async [Symbol.asyncDispose]() {
      await Promise.all(connections.map((connection) => connection.close()));
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

function connectTo({ url }: RedisServer) {
  return connectRedis(redisConfig({ target: { kind: "single", url } }), pino({ level: "silent" }));
}

/** Takes its share of the slots, under a number of its own, and meets the first one. */
async function join(admin: RedisClient, n: number, servers: readonly RedisServer[]): Promise<void> {
  const boundary = (node: number) => Math.floor((node * SLOTS) / servers.length);
  await admin.call("CLUSTER", "SET-CONFIG-EPOCH", n + 1);
  await admin.call("CLUSTER", "ADDSLOTSRANGE", boundary(n), boundary(n + 1) - 1);
  if (n > 0) await admin.call("CLUSTER", "MEET", "127.0.0.1", servers[0]?.port ?? 0);
}
