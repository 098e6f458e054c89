import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "graphql-ws";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Fleet } from "../support/fleet.js";
import { collect, type Received, socketOf } from "../support/graphql-client.js";
import { connectTestRedis } from "../support/redis.js";
import { STATUS } from "../support/simulator.js";
import { until } from "../support/until.js";
import { type VersionStatusEvent, WATCH_VERSION } from "../support/version-status.js";

/** A life with enough changes for something to go wrong between any two of them. */
const LIFE = ["INIT", "IMAGE_CREATING", "SUBMIT_TRYING", "WAITING", "RUNNING", "KILLING", "KILLED"] as const;
const CODES: Record<(typeof LIFE)[number], number> = STATUS;
const TOGETHER = 3;

function chainOf(events: readonly VersionStatusEvent[]): [string | null, string][] {
  return events.map(({ previousStatus, status }) => [previousStatus, status]);
}

const WHOLE_CHAIN = LIFE.map((status, index): [string | null, string] => [LIFE[index - 1] ?? null, status]);

describe("watching one version from three replicas", { timeout: 120_000 }, () => {
  let fleet: Fleet;
  let clients: Client[];
  let target: { jobId: string; versionId: string };
  /** One on each replica. */
  let subscribers: Received<VersionStatusEvent>[];

  beforeAll(async () => {
    fleet = await Fleet.start(TOGETHER, {
      STATUS_POLL_INTERVAL_MS: "20",
      STATUS_POLL_MAX_INTERVAL_MS: "40",
    });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  beforeEach(async () => {
    await fleet.mend();
    clients = [];
    const job = fleet.simulator.addJob();
    const version = fleet.simulator.addVersion(job.id, { status: STATUS.INIT });
    target = { jobId: String(job.id), versionId: String(version.id) };
    subscribers = fleet.replicas.map((_, replica) => subscribe(connect(replica)));
    await everybodyHas("INIT");
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.dispose()));
    await fleet.rest();
  });

  function connect(replica: number): Client {
    const client = fleet.connect(replica);
    clients.push(client);
    return client;
  }

  function subscribe(client: Client, after?: string): Received<VersionStatusEvent> {
    return collect<VersionStatusEvent>(client, { query: WATCH_VERSION, variables: { ...target, after } });
  }

  function become(status: (typeof LIFE)[number]): void {
    fleet.simulator.setStatus(target.jobId, target.versionId, CODES[status]);
  }

  async function everybodyHas(status: string, everybody = subscribers): Promise<void> {
    await until(
      `everybody knows of ${status}`,
      () => everybody.every(({ events }) => events.at(-1)?.status === status),
      30_000,
    );
  }

  /** Goes through that part of the life, one change after the other. */
  async function live(from: number, to: number = LIFE.length, everybody = subscribers): Promise<void> {
    for (const status of LIFE.slice(from, to)) {
      become(status);
      await everybodyHas(status, everybody);
    }
  }

  it("polls it from one replica at a time, and tells everybody every change once and in order", async () => {
    await live(1);
    for (const subscriber of subscribers) {
      await until("it has completed", () => subscriber.completed);
      expect(chainOf(subscriber.events)).toEqual(WHOLE_CHAIN);
      expect(subscriber.events.some(({ gap }) => gap)).toBe(false);
    }
  });

  it("loses and repeats nothing when the polling replica is killed, and its client resumes elsewhere", async () => {
    await live(1, 2);
    const poller = await fleet.poller();
    fleet.replicas[poller]?.child.kill("SIGKILL");
    await fleet.replicas[poller]?.exited;
    const left = subscribers.toSpliced(poller, 1);
    await live(2, 3, left);
    const before = subscribers[poller]?.events ?? [];
    const resumed = subscribe(connect((poller + 1) % TOGETHER), before.at(-1)?.cursor);
    await live(3, LIFE.length, [...left, resumed]);
    const all = [[...before, ...resumed.events], ...left.map(({ events }) => events)];
    for (const events of all) {
      expect(chainOf(events)).toEqual(WHOLE_CHAIN);
      expect(events.some(({ gap }) => gap)).toBe(false);
    }
  });

  it("goes on in order when Redis comes back empty, and marks what nobody can vouch for", async () => {
    await live(1, 2);
    await fleet.redis.restart();
    await live(2);
    for (const { events } of subscribers) {
      expect(events.map(({ status }) => status)).toEqual(LIFE);
      for (const [index, { previousStatus, gap }] of events.entries()) {
        expect(previousStatus).toBe(gap ? null : (LIFE[index - 1] ?? null));
      }
    }
  });

  it("catches up when Redis has stood still for 5 s", async () => {
    fleet.redis.pause();
    become("IMAGE_CREATING");
    await sleep(5_000);
    expect(subscribers.every(({ errors, completed }) => errors.length === 0 && !completed)).toBe(true);
    fleet.redis.resume();
    await live(1);
    for (const { events } of subscribers) expect(chainOf(events)).toEqual(WHOLE_CHAIN);
  });

  it("keeps the changes for a client that stops reading, and nobody else waits for it", async () => {
    const client = connect(1);
    const connected = socketOf(client);
    const sleeper = subscribe(client);
    await everybodyHas("INIT", [sleeper]);
    const socket = await connected;
    socket.pause();
    await live(1);
    expect(sleeper.events).toHaveLength(1);
    socket.resume();
    await until("the sleeper has caught up", () => sleeper.completed);
    expect(chainOf(sleeper.events)).toEqual(WHOLE_CHAIN);
  });

  it("gives the lease up on SIGTERM, so that another replica polls at once", async () => {
    const poller = await fleet.poller();
    const [ended, ...others] = [poller, poller + 1, poller + 2].map(
      (n) => fleet.replicas[n % TOGETHER]?.child,
    );
    // So that nobody takes the lease before it is looked at.
    for (const child of others) child?.kill("SIGSTOP");
    ended?.kill("SIGTERM");
    const code = await fleet.replicas[poller]?.exited;
    const redis = await connectTestRedis({ target: { kind: "single", url: fleet.redis.url } });
    const leases = await redis.commands.keys("*:lease");
    await redis.close();
    for (const child of others) child?.kill("SIGCONT");
    expect([code, leases]).toEqual([0, []]);
    const left = subscribers.toSpliced(poller, 1);
    become("RUNNING");
    await everybodyHas("RUNNING", left);
    for (const { events } of left) {
      expect(chainOf(events)).toEqual([
        [null, "INIT"],
        ["INIT", "RUNNING"],
      ]);
    }
  });
});
