import { describe, expect, test } from "vitest";
import { GatewayError } from "../../src/errors.js";
import { until } from "../support/until.js";
import { id, type Reader } from "../unit/watch/support/replica.js";
import { type RedisReplica, type ReplicaSet, startReplicaSet } from "../unit/watch/support/replica-set.js";
import {
  callerWith,
  createdVersion,
  JOB,
  type ScriptedUpstream,
} from "../unit/watch/support/scripted-upstream.js";

const DEADLINE_MS = 20_000;

/** Waits until every reader has been told of that status of version 1 last. */
async function allTold(readers: Reader[], status: string): Promise<void> {
  await until(
    `all are told ${status}`,
    () => readers.every((reader) => reader.events.at(-1)?.status === status),
    DEADLINE_MS,
  );
}

/** The replica whose credential polls. Readers of replica n have the token `n`. */
async function poller(
  { upstream, replicas }: ReplicaSet,
  after = upstream.polls.length,
): Promise<RedisReplica> {
  const poll = await until("a poll", () => upstream.polls[after], DEADLINE_MS);
  const replica = replicas[Number(poll.token)];
  if (!replica) throw new Error(`no replica has the token ${poll.token}`);
  return replica;
}

function readEach({ replicas }: ReplicaSet, after?: string): Reader[] {
  return replicas.map((replica, n) =>
    replica.read({ token: String(n), ...(after !== undefined && { after }) }),
  );
}

function statuses(upstream: ScriptedUpstream): string[] {
  return (upstream.shown.get("1") ?? []).map(String);
}

function codes(reader: Reader): string[] {
  return reader.events.map((event) => String(event.statusCode));
}

async function stopAll(readers: Reader[]): Promise<void> {
  await Promise.all(readers.map((reader) => reader.stop()));
}

// Each has a Redis of its own, and waits most of the time.
describe.concurrent("three replicas over one Redis", () => {
  test("poll a job from one of them, and tell every subscriber on all of them", async () => {
    await using set = await startReplicaSet(3);
    const { upstream } = set;
    upstream.set("1", "INIT");
    const readers = readEach(set);
    await allTold(readers, "INIT");
    for (const status of ["WAITING", "RUNNING", "COMPLETED"] as const) {
      upstream.set("1", status);
      await allTold(readers, status);
    }
    for (const reader of readers) {
      expect(reader.told).toEqual(["1:INIT", "1:WAITING", "1:RUNNING", "1:COMPLETED"]);
      expect(reader.events.map((event) => event.previousStatus)).toEqual([
        null,
        "INIT",
        "WAITING",
        "RUNNING",
      ]);
    }
    const later = upstream.polls.slice(-3).map((poll) => poll.token);
    expect(new Set(later).size).toBe(1);
    await stopAll(readers);
  });

  test("go on from another when the polling one dies", async () => {
    await using set = await startReplicaSet(3);
    const { upstream } = set;
    upstream.set("1", "INIT");
    const readers = readEach(set);
    await allTold(readers, "INIT");
    const dead = await poller(set);
    dead.crash();
    upstream.set("1", "RUNNING");
    const alive = readers.filter((_, n) => set.replicas[n] !== dead);
    await allTold(alive, "RUNNING");
    expect(await poller(set)).not.toBe(dead);
    upstream.set("1", "KILLED");
    await allTold(alive, "KILLED");
    for (const reader of alive) expect(reader.told).toEqual(["1:INIT", "1:RUNNING", "1:KILLED"]);
    await stopAll(readers);
  });

  test("go on at once when the polling one closes", async () => {
    await using set = await startReplicaSet(2);
    const { upstream } = set;
    upstream.set("1", "INIT");
    const readers = readEach(set);
    await allTold(readers, "INIT");
    const first = await poller(set);
    await first.watch.close();
    const other = await poller(set);
    expect(other).not.toBe(first);
    upstream.set("1", "RUNNING");
    const left = readers.filter((_, n) => set.replicas[n] !== first);
    await allTold(left, "RUNNING");
    expect(left[0]?.told).toEqual(["1:INIT", "1:RUNNING"]);
    await stopAll(readers);
  });

  test("give a client that comes back to another replica exactly what it missed", async () => {
    await using set = await startReplicaSet(3);
    const { upstream, replicas } = set;
    upstream.set("1", "INIT");
    const readers = readEach(set);
    await allTold(readers, "INIT");
    await readers[0]?.stop();
    const left = readers.slice(1);
    for (const status of ["WAITING", "RUNNING", "KILLING"] as const) {
      upstream.set("1", status);
      await allTold(left, status);
    }
    const back = replicas[2]?.read({ token: "0", after: readers[0]?.cursor ?? "" });
    if (!back) throw new Error("no third replica");
    await allTold([back], "KILLING");
    expect(back.told).toEqual(["1:WAITING", "1:RUNNING", "1:KILLING"]);
    expect(back.events).toEqual(left[0]?.events.slice(1));
    await stopAll([...left, back]);
  });

  test("give a client whose replica died, and was the only one to watch, what follows on another", async () => {
    await using set = await startReplicaSet(2);
    const { upstream, replicas } = set;
    upstream.set("1", "RUNNING");
    const [first, second] = replicas;
    const reader = first?.read({ token: "0" });
    if (!reader || !second) throw new Error("two replicas were asked for");
    await allTold([reader], "RUNNING");
    first?.crash();
    upstream.set("1", "KILLING");
    const back = second.read({ token: "1", after: reader.cursor });
    await allTold([back], "KILLING");
    expect(back.told).toEqual(["1:KILLING"]);
    expect(back.events[0]?.previousStatus).toBe("RUNNING");
    await stopAll([reader, back]);
  });

  test("mark a gap where no replica watched meanwhile", async () => {
    await using set = await startReplicaSet(2);
    const { upstream, replicas } = set;
    upstream.set("1", "RUNNING");
    const reader = replicas[0]?.read({ token: "0" });
    if (!reader) throw new Error("no replica");
    await allTold([reader], "RUNNING");
    await reader.stop();
    const before = upstream.polls.length;
    upstream.set("1", "KILLING");
    await until("the lease is given up", async () => {
      const keys = await replicas[0]?.redis.commands.keys("*:lease");
      return keys?.length === 0;
    });
    const back = replicas[1]?.read({ token: "1", after: reader.cursor });
    if (!back) throw new Error("no replica");
    await allTold([back], "KILLING");
    expect(back.told).toEqual(["1:KILLING!"]);
    expect(upstream.polls[before]?.token).toBe("1");
    await back.stop();
  });

  test("tell of a version that any of them creates", async () => {
    await using set = await startReplicaSet(2);
    const { upstream, replicas } = set;
    upstream.set("1", "COMPLETED");
    const readers = readEach(set);
    await allTold(readers, "COMPLETED");
    await replicas[1]?.watch.recordCreation(callerWith("1"), createdVersion("2"));
    await allTold(readers, "INIT");
    for (const reader of readers) expect(reader.told).toEqual(["1:COMPLETED", "2:INIT"]);
    await stopAll(readers);
  });

  test("slow the polls of a project together after one of them met a 429", async () => {
    await using set = await startReplicaSet(2);
    const { upstream, replicas } = set;
    upstream.set("1", "RUNNING");
    upstream.set("1", "RUNNING", "11");
    const readers = [replicas[0]?.read({ token: "0" }), replicas[1]?.read({ token: "1", jobId: id("11") })];
    const both = readers.filter((reader) => reader !== undefined);
    await allTold(both, "RUNNING");
    upstream.fail(new GatewayError("RATE_LIMITED", "slow down", { retryAfterMs: 60_000 }));
    const throttled = upstream.polls.length;
    await until("one of them meets it", () => upstream.polls.length > throttled);
    await until("the other one heeds it", async () => {
      const keys = await replicas[0]?.redis.commands.keys("*:throttle");
      return keys?.length === 1;
    });
    // Whatever was on its way has come by when each has looked at its job several times more.
    const settled = upstream.polls.length + 1;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(upstream.polls.length).toBeLessThanOrEqual(settled);
    await stopAll(both);
  });

  test("keep everything of one job in one slot of a cluster", async () => {
    await using set = await startReplicaSet(1);
    set.upstream.set("1", "RUNNING");
    const readers = readEach(set);
    await allTold(readers, "RUNNING");
    const keys = await set.replicas[0]?.redis.commands.keys("*");
    expect(keys?.length).toBeGreaterThanOrEqual(4);
    expect(new Set(keys?.map((key) => /\{(.*?)\}/.exec(key)?.[1]))).toEqual(new Set([`p:${JOB}`]));
    await stopAll(readers);
  });

  test("never let a token leave its process", async () => {
    await using set = await startReplicaSet(1);
    const [replica] = set.replicas;
    set.upstream.set("1", "RUNNING");
    const reader = replica?.read({ token: "very-secret" });
    if (!reader || !replica) throw new Error("no replica");
    await allTold([reader], "RUNNING");
    const { commands } = replica.redis;
    for (const key of await commands.keys("*")) expect(await dump(replica, key)).not.toContain("very-secret");
    await reader.stop();
  });
});

async function dump({ redis: { commands } }: RedisReplica, key: string): Promise<string> {
  const type = await commands.type(key);
  if (type === "hash") return JSON.stringify(await commands.hgetall(key));
  if (type === "stream") return JSON.stringify(await commands.xrange(key, "-", "+"));
  return String(await commands.get(key));
}

describe.concurrent("Redis away", () => {
  test("restarted empty: subscriptions stay open and get every change once, in order", async () => {
    await using set = await startReplicaSet(3);
    const { upstream, server } = set;
    upstream.set("1", "INIT");
    const readers = readEach(set);
    await allTold(readers, "INIT");
    upstream.set("1", "WAITING");
    await allTold(readers, "WAITING");
    await server.restart();
    upstream.set("1", "RUNNING");
    await allTold(readers, "RUNNING");
    upstream.set("1", "COMPLETED");
    await allTold(readers, "COMPLETED");
    for (const reader of readers) expect(codes(reader)).toEqual(statuses(upstream));
    await stopAll(readers);
  });

  test("restarted empty: a client's cursor from before still leads on, where a replica remembers", async () => {
    await using set = await startReplicaSet(2);
    const { upstream, server, replicas } = set;
    upstream.set("1", "INIT");
    const readers = readEach(set);
    await allTold(readers, "INIT");
    for (const status of ["WAITING", "RUNNING"] as const) {
      upstream.set("1", status);
      await allTold(readers, status);
    }
    const cursor = readers[0]?.events[1]?.cursor ?? "";
    await server.restart();
    upstream.set("1", "KILLING");
    await allTold(readers, "KILLING");
    const back = replicas[0]?.read({ token: "0", after: cursor });
    if (!back) throw new Error("no replica");
    await allTold([back], "KILLING");
    expect(back.told).toEqual(["1:RUNNING", "1:KILLING"]);
    await stopAll([...readers, back]);
  });

  test("restarted empty with nobody who remembers: one event with the current state, marked as a gap", async () => {
    await using set = await startReplicaSet(1);
    const { upstream, server, replicas } = set;
    upstream.set("1", "INIT");
    const readers = readEach(set);
    await allTold(readers, "INIT");
    await stopAll(readers);
    await server.restart();
    const back = replicas[0]?.read({ token: "0", after: readers[0]?.cursor ?? "" });
    if (!back) throw new Error("no replica");
    await allTold([back], "INIT");
    expect(back.told).toEqual(["1:INIT!"]);
    await back.stop();
  });

  test("paused for longer than a lease: subscriptions stay open and get every change once, in order", async () => {
    await using set = await startReplicaSet(3);
    const { upstream, server } = set;
    upstream.set("1", "INIT");
    const readers = readEach(set);
    await allTold(readers, "INIT");
    server.pause();
    let shown = upstream.polls.length;
    for (const status of ["WAITING", "SUBMIT_TRYING", "RUNNING", "SCALING", "KILLING"] as const) {
      upstream.set("1", status);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    // Without the lease nobody may poll: at most what was under way was asked.
    shown = upstream.polls.length - shown;
    expect(shown).toBeLessThanOrEqual(2);
    server.resume();
    upstream.set("1", "KILLED");
    await allTold(readers, "KILLED");
    for (const reader of readers) expect(codes(reader)).toEqual(statuses(upstream));
    await stopAll(readers);
  });

  test("at the time of subscribing: the subscription stays open and begins when it is back", async () => {
    await using set = await startReplicaSet(1);
    const { upstream, server, replicas } = set;
    upstream.set("1", "RUNNING");
    await server.kill();
    await until("it is noticed", () => !replicas[0]?.redis.isUp());
    const reader = replicas[0]?.read({ token: "0" });
    if (!reader) throw new Error("no replica");
    upstream.refuse("bad");
    const refused = replicas[0]?.read({ token: "bad" });
    await refused?.done;
    expect(refused?.error).toMatchObject({ code: "UNAUTHENTICATED" });
    await server.restart();
    await allTold([reader], "RUNNING");
    await reader.stop();
  });

  test("does not make a creation fail", async () => {
    await using set = await startReplicaSet(1);
    await set.server.kill();
    const recorded = set.replicas[0]?.watch.recordCreation(callerWith("t"), createdVersion("2"));
    await expect(recorded).resolves.toBeUndefined();
  });
});
