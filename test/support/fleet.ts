import { randomUUID } from "node:crypto";
import type { Client } from "graphql-ws";
import type { Environment } from "../../src/config/index.js";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.js";
import { webSocketClient } from "./graphql-client.js";
import { type RedisServer, startRedis } from "./redis-server.js";
import { startSimulator, type TestSimulator } from "./simulator.js";
import { until } from "./until.js";

/** Gateways in processes of their own, over one Redis and one simulated upstream. */
export class Fleet implements AsyncDisposable {
  private constructor(
    readonly redis: RedisServer,
    readonly simulator: TestSimulator,
    readonly replicas: GatewayProcess[],
    private readonly env: Environment,
  ) {}

  static async start(size: number, settings: Environment): Promise<Fleet> {
    const [redis, simulator] = await Promise.all([startRedis(), startSimulator()]);
    const env = {
      MODELARTS_ENDPOINT: simulator.url,
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: `test:${randomUUID()}:`,
      ...settings,
    };
    const replicas = await Promise.all(Array.from({ length: size }, () => startGatewayProcess(env)));
    return new Fleet(redis, simulator, replicas, env);
  }

  /** Replaces the processes that have ended. */
  async mend(): Promise<void> {
    const mended = this.replicas.map(async (replica, n) => {
      if (hasEnded(replica)) this.replicas[n] = await startGatewayProcess(this.env);
    });
    await Promise.all(mended);
  }

  /** A client of one replica; neighbours are asked with different tokens. */
  connect(replica: number): Client {
    const { token, secondToken, projectId } = this.simulator;
    const params = { "X-Auth-Token": replica % 2 === 0 ? token : secondToken, "X-Project-Id": projectId };
    return webSocketClient(this.replicas[replica]?.url ?? "", params);
  }

  /** The replica that polls, when a single job is watched. */
  async poller(): Promise<number> {
    const { replica } = await until("one replica holds the lease", async () => {
      const holder = (await this.leases()).indexOf(1);
      return holder >= 0 && { replica: holder };
    });
    return replica;
  }

  /** Waits until no job is polled any more. */
  async rest(): Promise<void> {
    await until("all leases are given up", async () => (await this.leases()).every((leases) => leases === 0));
  }

  /** A number that a replica reports of itself; 0 when it has ended. */
  async metric(replica: number, name: string): Promise<number> {
    const asked = this.replicas[replica];
    if (!asked || hasEnded(asked)) return 0;
    const text = await (await fetch(`${asked.url}/metrics`)).text();
    return Number(new RegExp(`^modelarts_gateway_${name} (\\d+)$`, "m").exec(text)?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica[Symbol.asyncDispose]()));
    await Promise.all([this.redis[Symbol.asyncDispose](), this.simulator[Symbol.asyncDispose]()]);
  }

  /** How many jobs each replica polls. */
  private leases(): Promise<number[]> {
    return Promise.all(this.replicas.map((_, n) => this.metric(n, "watch_leases")));
  }
}

function hasEnded({ child }: GatewayProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
