import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { createMemoryWatchStores } from "../../../src/watch/index.js";
import { FakeClock } from "../../support/fake-clock.js";
import { until } from "../../support/until.js";
import { id, startReplica } from "./support/replica.js";
import { createdVersion, JOB, ScriptedUpstream } from "./support/scripted-upstream.js";
import { startWorld } from "./support/world.js";

const unavailable = new GatewayError("UPSTREAM_UNAVAILABLE", "away");

describe("polling", () => {
  test("does not happen while nobody is subscribed, and ends with the last subscriber", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    await world.pass(10_000);
    expect(world.upstream.calls).toEqual([]);
    const [a, b] = [world.read(), world.read()];
    await world.told(a, 1);
    await world.told(b, 1);
    await a.stop();
    const polls = world.upstream.polls.length;
    await world.pass(10_000);
    expect(world.upstream.polls.length).toBeGreaterThan(polls);
    await b.stop();
    const last = world.upstream.polls.length;
    await world.pass(60_000);
    expect(world.upstream.polls).toHaveLength(last);
    expect(world.clock.sleeping).toBe(0);
  });

  test("is one list call for all subscribers of a job, whichever versions they watch", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    world.upstream.set("2", "RUNNING");
    const readers = Array.from({ length: 50 }, (_, n) => world.read(n % 2 ? { versionId: id("1") } : {}));
    for (const reader of readers) await world.told(reader, 1);
    await world.pass(1_000);
    const before = world.upstream.polls.length;
    await world.pass(10_000);
    expect(world.upstream.polls.length - before).toBeLessThanOrEqual(6);
    expect(world.upstream.polls.length - before).toBeGreaterThanOrEqual(4);
    expect(world.upstream.proofs).toEqual([]);
    for (const reader of readers) await reader.stop();
  });

  test("goes on when the machine's clock is put back", async () => {
    const clock = new FakeClock();
    let putBackMs = 0;
    const upstream = new ScriptedUpstream();
    upstream.set("1", "RUNNING");
    const replica = startReplica({
      upstream,
      stores: createMemoryWatchStores({ clock, historyLength: 100, maxWatchedJobs: 100 }),
      clock: { ...clock, now: () => clock.now() - putBackMs },
    });
    const reader = replica.read();
    await clock.advance(5_000);
    putBackMs = 3_600_000;
    const before = upstream.polls.length;
    await clock.advance(20_000);
    expect(upstream.polls.length - before).toBeGreaterThan(1);
    await replica.watch.close();
    await reader.stop();
  });

  test("asks for each job by itself", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    world.upstream.set("7", "INIT", "11");
    const [a, b] = [world.read(), world.read({ jobId: id("11") })];
    expect(await world.told(a, 1)).toEqual(["1:RUNNING"]);
    expect(await world.told(b, 1)).toEqual(["7:INIT"]);
    expect(new Set(world.upstream.polls.map((poll) => poll.jobId))).toEqual(new Set([JOB, "11"]));
    await Promise.all([a.stop(), b.stop()]);
  });

  test("slows down while nothing changes, up to the maximum, and is quick again after a change", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    await world.pass(600_000);
    const calm = world.upstream.polls.length;
    await world.pass(150_000);
    expect(world.upstream.polls.length - calm).toBe(10);
    world.upstream.set("1", "KILLING");
    await world.told(reader, 2);
    const quick = world.upstream.polls.length;
    await world.pass(10_000);
    expect(world.upstream.polls.length - quick).toBe(5);
    await reader.stop();
  });

  test("happens at most once a minute when every version is terminal", async () => {
    await using world = startWorld();
    world.upstream.set("1", "COMPLETED");
    const reader = world.read();
    await world.told(reader, 1);
    await world.pass(59_000);
    const before = world.upstream.polls.length;
    expect(before).toBe(1);
    await world.pass(600_000);
    expect(world.upstream.polls.length - before).toBeLessThanOrEqual(10);
    expect(world.upstream.polls.length - before).toBeGreaterThanOrEqual(8);
    await reader.stop();
  });

  test("is quick again when this gateway creates a version of a job that was terminal", async () => {
    await using world = startWorld();
    world.upstream.set("1", "COMPLETED");
    const reader = world.read();
    await world.told(reader, 1);
    world.upstream.set("2", "RUNNING");
    await world.watch.recordCreation(
      { projectId: "p", credential: { kind: "service" }, credentialId: "x" },
      createdVersion("2"),
    );
    await world.pass(3_500);
    expect(await world.told(reader, 3)).toEqual(["1:COMPLETED", "2:INIT", "2:RUNNING"]);
    await reader.stop();
  });

  test("serves everybody who subscribes within a quarter of the interval with one poll", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const first = world.read();
    await world.told(first, 1);
    const before = world.upstream.polls.length;
    const others = Array.from({ length: 20 }, () => world.read());
    await world.pass(600);
    for (const reader of others) await world.told(reader, 1);
    expect(world.upstream.polls.length - before).toBe(1);
    for (const reader of [first, ...others]) await reader.stop();
  });

  test("backs off while the upstream does not answer; subscriptions stay open and miss nothing", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    world.upstream.fail(unavailable);
    await world.pass(120_000);
    const failing = world.upstream.polls.length;
    await world.pass(150_000);
    expect(world.upstream.polls.length - failing).toBeLessThanOrEqual(12);
    expect(reader.ended).toBe(false);
    world.upstream.set("1", "COMPLETED");
    world.upstream.fail(undefined);
    await world.pass(16_500);
    expect(await world.told(reader, 2)).toEqual(["1:RUNNING", "1:COMPLETED"]);
    await reader.stop();
  });

  test("that fails at first leaves the subscription waiting for the upstream", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    world.upstream.fail(unavailable);
    const reader = world.read();
    await world.pass(30_000);
    expect(reader.ended).toBe(false);
    world.upstream.fail(undefined);
    await world.pass(16_500);
    expect(await world.told(reader, 1)).toEqual(["1:RUNNING"]);
    await reader.stop();
  });

  test("ends a subscription that has not begun when the upstream rejects it for good", async () => {
    await using world = startWorld();
    world.upstream.fail(new GatewayError("UPSTREAM_REJECTED", "no"));
    const reader = world.read();
    await world.pass(1_000);
    await reader.done;
    expect(reader.error).toMatchObject({ code: "UPSTREAM_REJECTED" });
  });
});

describe("on a change", () => {
  test("the cache is refreshed before the event is told, with what the poll saw", async () => {
    const order: string[] = [];
    await using world = startWorld({
      lookups: {
        observeJob: async (caller, job, changed) => {
          await new Promise(setImmediate);
          order.push(`${caller.credentialId} ${job.versions[0]?.status} ${changed.join()}`);
        },
      },
    });
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    world.upstream.set("1", "COMPLETED");
    await until("the change is told", async () => {
      await world.pass(100);
      if (reader.events.length === 2) order.push("told");
      return reader.events.length === 2;
    });
    expect(order).toEqual(["hash-of-t RUNNING 1", "hash-of-t COMPLETED 1", "told"]);
    await reader.stop();
  });

  test("a cache that fails does not keep the event back", async () => {
    await using world = startWorld({
      lookups: { observeJob: () => Promise.reject(new Error("cache away")) },
    });
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    world.upstream.set("1", "COMPLETED");
    expect(await world.told(reader, 2)).toEqual(["1:RUNNING", "1:COMPLETED"]);
    await reader.stop();
  });
});
