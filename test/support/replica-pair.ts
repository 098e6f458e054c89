import { randomUUID } from "node:crypto";
import type { SimulatorOptions } from "../../simulator/simulator.js";
import type { Environment } from "../../src/config/index.js";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.js";
import { type GraphqlAnswer, type HeaderValues, post } from "./graphql-client.js";
import { type RedisServer, startRedis } from "./redis-server.js";
import { startSimulator, type TestSimulator } from "./simulator.js";
import { until } from "./until.js";

/** Which of the two. */
export type Which = 0 | 1;

/** Nothing becomes fresh again, and no proof has to be renewed, by waiting: what is seen to change was told. */
export const LASTING: Environment = {
  CACHE_TTL_ACTIVE_MS: "600000",
  CACHE_TTL_TERMINAL_MS: "600000",
  CACHE_TTL_SPECS_MS: "600000",
  AUTH_PROOF_TTL_MS: "600000",
  // However busy the machine is, both replicas reach Redis.
  REDIS_TIMEOUT_MS: "30000",
};

/** Two gateway processes on a Redis and a simulator of their own. */
export class ReplicaPair implements AsyncDisposable {
  private constructor(
    readonly simulator: TestSimulator,
    readonly redis: RedisServer,
    readonly keyPrefix: string,
    readonly replicas: readonly [GatewayProcess, GatewayProcess],
  ) {}

  /** Resolves when each hears what the other one tells. */
  static async start(env: Environment, options: SimulatorOptions = {}): Promise<ReplicaPair> {
    const [simulator, redis] = await Promise.all([startSimulator(options), startRedis()]);
    const keyPrefix = `test:${randomUUID()}:`;
    const all = {
      MODELARTS_ENDPOINT: simulator.url,
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: keyPrefix,
      ...env,
    };
    const replicas = await Promise.all([startGatewayProcess(all), startGatewayProcess(all)]);
    const pair = new ReplicaPair(simulator, redis, keyPrefix, replicas);
    await pair.connected();
    return pair;
  }

  /** Sends an operation to one of them, with the first token of the simulator's project unless told otherwise. */
  async ask(
    which: Which,
    query: string,
    variables: Record<string, unknown> = {},
    headers: HeaderValues = this.simulator.headers,
    signal?: AbortSignal,
  ): Promise<GraphqlAnswer["body"]> {
    return (await post(this.replicas[which].url, { query, variables }, headers, signal)).body;
  }

  /** The sum of one of its metrics over all series that have these labels. */
  async metric(which: Which, name: string, labels: Record<string, string> = {}): Promise<number> {
    const response = await fetch(`${this.replicas[which].url}/metrics`);
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const series = (await response.text())
      .split("\n")
      .filter((line) => new RegExp(`^modelarts_gateway_${name}[{ ]`).test(line))
      .filter((line) => wanted.every((label) => line.includes(label)));
    return series.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** Resolves when each hears what the other one tells. */
  async connected(): Promise<void> {
    for (const which of [0, 1] as const) {
      await until(
        "it hears the channel",
        async () => (await this.metric(which, "cache_channel_up")) === 1,
        30_000,
      );
    }
  }

  /** How often the upstream was called about this job. */
  callsFor(jobId: string): number {
    return this.simulator.journal.entries({ jobId }).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica[Symbol.asyncDispose]()));
    await Promise.all([this.simulator[Symbol.asyncDispose](), this.redis[Symbol.asyncDispose]()]);
  }
}
