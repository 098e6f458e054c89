import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { ServerCommand } from "./process/server-process.js";
import type { Scenario } from "./work/scenarios.js";

/** What a contestant works with. */
export interface Surroundings {
  /** The upstream's base URL. */
  upstream: string;
  /** URL of a Redis; undefined where none takes part. */
  redis: string | undefined;
}

/** One who is measured. */
export interface Contestant {
  name: string;
  title: string;
  /** Sends a fixed body whatever it is asked: that of the answer, or one of so many bytes. */
  fixedBody?: "answer" | number;
  needsRedis?: boolean;
  takesPart(scenario: Scenario): boolean;
  command(surroundings: Surroundings, body: string): ServerCommand;
}

/** The size of the yardstick's body. */
export const YARDSTICK_BYTES = 559;

const root = join(import.meta.dirname, "..");

const everywhere = () => true;
/** Not where every key is new: there their caches only cost. */
const unlessCold = ({ field }: Scenario) => field === "all";
/** Where each request needs one call of the upstream. */
const whereForwarding = ({ upstreamCalls }: Scenario) => upstreamCalls === 1;

const peer =
  (file: string) =>
  ({ upstream }: Surroundings, body: string) => ({
    args: [join(root, "bench/peers", file)],
    env: { MODELARTS_ENDPOINT: upstream, BODY: body },
  });

/** The gateway with its defaults. */
export const gatewayCommand = (upstream: string, settings: Record<string, string> = {}): ServerCommand => ({
  args: [join(root, "dist/server.js")],
  env: { HOST: "127.0.0.1", MODELARTS_ENDPOINT: upstream, MODELARTS_PROJECT_ID: "bench", ...settings },
});

/** Settings of a gateway over a Redis, on keys of its own. However busy the other cores are, Redis is waited for: going on without it would spare the gateway work. */
export const settingsOver = (redis: string): Record<string, string> => ({
  REDIS_URL: redis,
  REDIS_KEY_PREFIX: `bench:${randomUUID()}:`,
  REDIS_TIMEOUT_MS: "10000",
});

/** The unit of every ratio. */
export const YARDSTICK = "node-http-559";
export const GATEWAY = "gateway";
export const GATEWAY_OVER_REDIS = "gateway-redis";

export const CONTESTANTS: readonly Contestant[] = [
  {
    name: YARDSTICK,
    title: `bare node:http, ${YARDSTICK_BYTES} bytes`,
    fixedBody: YARDSTICK_BYTES,
    takesPart: everywhere,
    command: peer("bare-node-http.mjs"),
  },
  {
    name: "node-http",
    title: "bare node:http, the answer's size",
    fixedBody: "answer",
    takesPart: unlessCold,
    command: peer("bare-node-http.mjs"),
  },
  {
    name: "fastify",
    title: "bare Fastify, fixed body",
    fixedBody: "answer",
    takesPart: unlessCold,
    command: peer("bare-fastify.mjs"),
  },
  {
    name: GATEWAY,
    title: "this gateway",
    takesPart: everywhere,
    command: ({ upstream }) => gatewayCommand(upstream),
  },
  {
    name: GATEWAY_OVER_REDIS,
    title: "this gateway over Redis",
    needsRedis: true,
    takesPart: everywhere,
    command: ({ upstream, redis = "" }) => gatewayCommand(upstream, settingsOver(redis)),
  },
  {
    name: "mercurius",
    title: "Mercurius + JIT + cache",
    takesPart: unlessCold,
    command: peer("mercurius.mjs"),
  },
  {
    name: "apollo-cache",
    title: "Apollo Server + response cache",
    takesPart: unlessCold,
    command: peer("apollo-response-cache.mjs"),
  },
  {
    name: "yoga-cache",
    title: "GraphQL Yoga + response cache",
    takesPart: unlessCold,
    command: peer("yoga-response-cache.mjs"),
  },
  {
    name: "proxy",
    title: "bare proxy: node:http, undici, JSON",
    takesPart: whereForwarding,
    command: peer("bare-proxy.mjs"),
  },
  {
    name: "apollo",
    title: "Apollo Server, DataLoader, no cache",
    takesPart: everywhere,
    command: peer("apollo.mjs"),
  },
];

/** The upstream that all of them call. */
export const upstreamCommand: ServerCommand = {
  args: ["--import", "@oxc-node/core/register", join(root, "bench/upstream/server.ts")],
  env: {},
};
