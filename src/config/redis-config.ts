import type { EnvReader } from "./env-reader.js";

export interface RedisNode {
  host: string;
  port: number;
}

/** How Redis is reached: one server, a sentinel group, or a cluster. */
export type RedisTarget =
  | { kind: "single"; url: string }
  | { kind: "sentinel"; name: string; sentinels: RedisNode[]; sentinelPassword?: string }
  | { kind: "cluster"; nodes: RedisNode[] };

export interface RedisConfig {
  target: RedisTarget;
  username?: string;
  password?: string;
  tls: boolean;
  /** Starts every key and channel. */
  keyPrefix: string;
  /** A command that takes longer counts as Redis away. */
  timeoutMs: number;
}

const HOST_AND_PORT = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/;

const MAX_PORT = 65_535;

function nodeOf(item: string): RedisNode | undefined {
  const [, address, name, digits] = HOST_AND_PORT.exec(item) ?? [];
  const port = Number(digits);
  return port >= 1 && port <= MAX_PORT ? { host: address ?? name ?? "", port } : undefined;
}

function readNodes(read: EnvReader, name: string): RedisNode[] {
  return read
    .listOf(name, (item) => nodeOf(item) !== undefined, `host:port, with a port from 1 to ${MAX_PORT}`)
    .map(nodeOf)
    .filter((node) => node !== undefined);
}

function readTarget(read: EnvReader): RedisTarget | undefined {
  const url = read.secret("REDIS_URL");
  const sentinels = readNodes(read, "REDIS_SENTINELS");
  const nodes = readNodes(read, "REDIS_CLUSTER_NODES");
  const name = read.text("REDIS_SENTINEL_NAME");
  const sentinelPassword = read.secret("REDIS_SENTINEL_PASSWORD");
  const given = [url !== undefined, sentinels.length > 0, nodes.length > 0].filter(Boolean).length;
  if (given > 1)
    read.problem("REDIS_URL, REDIS_SENTINELS and REDIS_CLUSTER_NODES exclude each other: set one of them");
  if (sentinels.length > 0 && name === undefined)
    read.problem("REDIS_SENTINEL_NAME is missing: REDIS_SENTINELS needs it");
  if (sentinels.length === 0 && name !== undefined)
    read.problem("REDIS_SENTINELS is missing: REDIS_SENTINEL_NAME needs it");
  if (url !== undefined) {
    const parsed = read.url("REDIS_URL", url, ["redis:", "rediss:"]);
    if (parsed && !/^\/?\d*$/.test(parsed.pathname))
      read.problem("REDIS_URL must end with the number of a database, or with none");
    if (parsed?.port === "0") read.problem(`REDIS_URL must have a port from 1 to ${MAX_PORT}, or none`);
    return { kind: "single", url };
  }
  if (sentinels.length > 0 && name !== undefined) {
    return { kind: "sentinel", name, sentinels, ...(sentinelPassword !== undefined && { sentinelPassword }) };
  }
  return nodes.length > 0 ? { kind: "cluster", nodes } : undefined;
}

/** Undefined when no Redis is configured: everything then lives in this process. */
export function readRedisConfig(read: EnvReader): RedisConfig | undefined {
  const target = readTarget(read);
  const username = read.text("REDIS_USERNAME");
  const password = read.secret("REDIS_PASSWORD");
  const settings = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    tls: read.flag("REDIS_TLS"),
    keyPrefix: read.text("REDIS_KEY_PREFIX") ?? "modelarts-gateway:",
    timeoutMs: read.duration("REDIS_TIMEOUT_MS", 500, { min: 1 }),
  };
  return target && { target, ...settings };
}
