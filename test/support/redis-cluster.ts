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

/** A handshake that was lost is begun again after the nodes' time-out of 15 s. */
const FORMED_WITHIN_MS = 50_000;

/** Starts one on free ports of 127.0.0.1. */
export async function startRedisCluster(size: number): Promise<RedisCluster> {
  const start = () => startRedis(["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]);
  const servers = await Promise.all(Array.from({ length: size }, start));
  const connections = await Promise.all(servers.map(connectTo));
  const admins = connections.map(({ commands }) => commands);
  const dispose = async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  };
  try {
    await form(admins, servers);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    nodes: servers.map(({ port }) => `127.0.0.1:${port}`).join(),
    sizes: () => Promise.all(admins.map((admin) => admin.dbsize())),
    [Symbol.asyncDispose]: dispose,
  };
}

async function form(admins: readonly RedisClient[], servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(admins.map((admin, n) => join(admin, n, servers)));
  const isUp = async () => {
    const infos = await Promise.all(admins.map((admin) => admin.call("CLUSTER", "INFO")));
    return infos.every(
      (info) =>
        /cluster_state:ok/.test(String(info)) && String(info).includes(`cluster_size:${admins.length}`),
    );
  };
  await until("all nodes agree that the cluster is up", isUp, FORMED_WITHIN_MS);
}

function connectTo({ url }: RedisServer) {
  return connectRedis(redisConfig({ target: { kind: "single", url } }), pino({ level: "silent" }));
}

/** Takes its share of the slots, under a number of its own, and meets all others: who knows each other need not wait for gossip. */
async function join(admin: RedisClient, n: number, servers: readonly RedisServer[]): Promise<void> {
  const boundary = (node: number) => Math.floor((node * SLOTS) / servers.length);
  await admin.call("CLUSTER", "SET-CONFIG-EPOCH", n + 1);
  await admin.call("CLUSTER", "ADDSLOTSRANGE", boundary(n), boundary(n + 1) - 1);
  const others = servers.filter((_, other) => other !== n);
  await Promise.all(others.map(({ port }) => admin.call("CLUSTER", "MEET", "127.0.0.1", port)));
}
