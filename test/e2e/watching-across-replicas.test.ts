import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.js";
import { collect, type Received, webSocketClient } from "../support/graphql-client.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { STATUS, startSimulator, type TestSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";

const SUBSCRIBE = `subscription ($jobId: ID!, $versionId: ID!, $after: String) {
  trainingJobVersionStatusChanged(jobId: $jobId, versionId: $versionId, after: $after) {
    cursor status previousStatus gap
  }
}`;

interface Event {
  cursor: string;
  status: string;
  previousStatus: string | null;
  gap: boolean;
}

/** A life with enough changes for something to go wrong between any two of them. */
const LIFE = ["INIT", "IMAGE_CREATING", "SUBMIT_TRYING", "WAITING", "RUNNING", "KILLING", "KILLED"] as const;
const CODES: Record<(typeof LIFE)[number], number> = STATUS;
const TOGETHER = 3;

/** Three replicas, a subscriber on each, and one version that they watch. */
class Fleet implements AsyncDisposable {
  readonly subscribers: { replica: number; received: Received<Event>; dispose(): void }[] = [];
  private readonly sockets = new Map<Received<Event>, Promise<WebSocket>>();

  private constructor(
    readonly redis: RedisServer,
    readonly simulator: TestSimulator,
    readonly replicas: GatewayProcess[],
    readonly target: { jobId: string; versionId: string },
  ) {}

  static async start(): Promise<Fleet> {
    const [redis, simulator] = await Promise.all([startRedis(), startSimulator()]);
    const env = {
      MODELARTS_ENDPOINT: simulator.url,
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: `test:${randomUUID()}:`,
      STATUS_POLL_INTERVAL_MS: "50",
      STATUS_POLL_MAX_INTERVAL_MS: "100",
    };
    const replicas = await Promise.all(Array.from({ length: TOGETHER }, () => startGatewayProcess(env)));
    const job = simulator.addJob();
    const version = simulator.addVersion(job.id, { status: STATUS.INIT });
    const fleet = new Fleet(redis, simulator, replicas, {
      jobId: String(job.id),
      versionId: String(version.id),
    });
    for (let replica = 0; replica < TOGETHER; replica += 1) fleet.subscribe(replica);
    await fleet.everybodyHas("INIT");
    return fleet;
  }

  subscribe(replica: number, after?: string): Received<Event> {
    const token = [this.simulator.token, this.simulator.secondToken][replica % 2];
    const params = { "X-Auth-Token": token, "X-Project-Id": this.simulator.projectId };
    const client = webSocketClient(this.replicas[replica]?.url ?? "", params);
    const connected = new Promise<WebSocket>((resolve) =>
      client.on("connected", (socket) => resolve(socket as WebSocket)),
    );
    const received = collect<Event>(client, { query: SUBSCRIBE, variables: { ...this.target, after } });
    this.sockets.set(received, connected);
    this.subscribers.push({ replica, received, dispose: () => void client.dispose() });
    return received;
  }

  /** The connection that a subscriber is told over. */
  async socketOf(received: Received<Event>): Promise<WebSocket> {
    const socket = await this.sockets.get(received);
    if (!socket) throw new Error("there is no such subscriber");
    return socket;
  }

  become(status: (typeof LIFE)[number]): void {
    this.simulator.setStatus(this.target.jobId, this.target.versionId, CODES[status]);
  }

  everybodyHas(status: string): Promise<unknown> {
    return until(
      `everybody knows of ${status}: ${JSON.stringify(this.subscribers.map(({ received }) => received))}`,
      () => this.subscribers.every(({ received }) => received.events.at(-1)?.status === status),
      30_000,
    );
  }

  /** The replica that holds the job's lease. */
  async poller(): Promise<number> {
    return until("one replica holds the lease", async () => {
      const texts = await Promise.all(
        this.replicas.map(({ url }) => fetch(`${url}/metrics`).then((r) => r.text())),
      );
      const held = texts.findIndex((text) => /^modelarts_gateway_\S*leases\S* 1$/m.test(text));
      return held < 0 ? undefined : { held };
    }).then(({ held }) => held);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { dispose } of this.subscribers) dispose();
    await Promise.all(this.replicas.map((replica) => replica[Symbol.asyncDispose]()));
    await Promise.all([this.redis[Symbol.asyncDispose](), this.simulator[Symbol.asyncDispose]()]);
  }
}

function chainOf(events: readonly Event[]): [string | null, string][] {
  return events.map(({ previousStatus, status }) => [previousStatus, status]);
}

const WHOLE_CHAIN = LIFE.map((status, index): [string | null, string] => [LIFE[index - 1] ?? null, status]);

describe("watching one version from three replicas", { timeout: 120_000 }, () => {
  it("polls it from one replica at a time, and tells everybody every change once and in order", async () => {
    await using fleet = await Fleet.start();
    for (const status of LIFE.slice(1)) {
      fleet.become(status);
      await fleet.everybodyHas(status);
    }
    for (const { received } of fleet.subscribers) {
      await until("it has completed", () => received.completed);
      expect(chainOf(received.events)).toEqual(WHOLE_CHAIN);
      expect(received.events.some(({ gap }) => gap)).toBe(false);
    }
  });

  it("loses and repeats nothing when the polling replica is killed, and its client resumes elsewhere", async () => {
    await using fleet = await Fleet.start();
    fleet.become("IMAGE_CREATING");
    await fleet.everybodyHas("IMAGE_CREATING");
    const poller = await fleet.poller();
    const lost = fleet.subscribers.find(({ replica }) => replica === poller);
    fleet.replicas[poller]?.child.kill("SIGKILL");
    await fleet.replicas[poller]?.exited;
    fleet.subscribers.splice(lost ? fleet.subscribers.indexOf(lost) : 0, 1);
    fleet.become("SUBMIT_TRYING");
    await fleet.everybodyHas("SUBMIT_TRYING");
    const before = lost?.received.events ?? [];
    const resumed = fleet.subscribe((poller + 1) % TOGETHER, before.at(-1)?.cursor);
    for (const status of LIFE.slice(3)) {
      fleet.become(status);
      await fleet.everybodyHas(status);
    }
    expect(chainOf([...before, ...resumed.events])).toEqual(WHOLE_CHAIN);
    for (const { received } of fleet.subscribers) {
      if (received !== resumed) expect(chainOf(received.events)).toEqual(WHOLE_CHAIN);
      expect(received.events.some(({ gap }) => gap)).toBe(false);
    }
  });

  it("goes on in order when Redis comes back empty, and marks what nobody can vouch for", async () => {
    await using fleet = await Fleet.start();
    fleet.become("IMAGE_CREATING");
    await fleet.everybodyHas("IMAGE_CREATING");
    await fleet.redis.restart();
    for (const status of LIFE.slice(2)) {
      fleet.become(status);
      await fleet.everybodyHas(status);
    }
    for (const { received } of fleet.subscribers) {
      expect(received.events.map(({ status }) => status)).toEqual(LIFE);
      for (const [index, { previousStatus, gap }] of received.events.entries()) {
        expect(previousStatus).toBe(gap ? null : (LIFE[index - 1] ?? null));
      }
    }
  });

  it("catches up when Redis has stood still for 5 s", async () => {
    await using fleet = await Fleet.start();
    fleet.redis.pause();
    fleet.become("IMAGE_CREATING");
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(
      fleet.subscribers.every(({ received }) => received.errors.length === 0 && !received.completed),
    ).toBe(true);
    fleet.redis.resume();
    for (const status of LIFE.slice(1)) {
      fleet.become(status);
      await fleet.everybodyHas(status);
    }
    for (const { received } of fleet.subscribers) expect(chainOf(received.events)).toEqual(WHOLE_CHAIN);
  });

  it("keeps the changes for a client that stops reading, and nobody else waits for it", async () => {
    await using fleet = await Fleet.start();
    const sleeper = fleet.subscribe(1);
    await fleet.everybodyHas("INIT");
    fleet.subscribers.pop();
    const socket = await fleet.socketOf(sleeper);
    socket.pause();
    for (const status of LIFE.slice(1)) {
      fleet.become(status);
      await fleet.everybodyHas(status);
    }
    expect(sleeper.events).toHaveLength(1);
    socket.resume();
    await until("the sleeper has caught up", () => sleeper.completed);
    expect(chainOf(sleeper.events)).toEqual(WHOLE_CHAIN);
  });

  it("gives the lease up on SIGTERM, so that another replica polls at once", async () => {
    await using fleet = await Fleet.start();
    const poller = await fleet.poller();
    fleet.replicas[poller]?.child.kill("SIGTERM");
    expect(await fleet.replicas[poller]?.exited).toBe(0);
    const left = fleet.subscribers.filter(({ replica }) => replica !== poller);
    fleet.become("RUNNING");
    await until("the others know", () =>
      left.every(({ received }) => received.events.at(-1)?.status === "RUNNING"),
    );
    for (const { received } of left)
      expect(chainOf(received.events)).toEqual([
        [null, "INIT"],
        ["INIT", "RUNNING"],
      ]);
  });
});
