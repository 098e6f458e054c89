import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { until } from "../../support/until.js";
import { id } from "./support/replica.js";
import { JOB } from "./support/scripted-upstream.js";
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
      {
        jobId: JOB,
        versionId: id("2"),
        jobName: null,
        versionName: null,
        status: "INIT",
        statusCode: 1,
        createTime: null,
      },
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

describe("a 429", () => {
  const throttled = (retryAfterMs: number) => new GatewayError("RATE_LIMITED", "slow down", { retryAfterMs });

  test("silences every job of the project for as long as the upstream asks, beyond the maximum interval", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    world.upstream.set("1", "RUNNING", "11");
    const readers = [world.read(), world.read({ jobId: id("11") })];
    for (const reader of readers) await world.told(reader, 1);
    world.upstream.fail(throttled(120_000));
    const before = world.upstream.polls.length;
    await until("a throttled poll", async () => {
      await world.pass(50);
      return world.upstream.polls.length > before;
    });
    world.upstream.fail(undefined);
    const silent = world.upstream.polls.length;
    await world.pass(110_000);
    // The other job's poll can have been on its way already.
    expect(world.upstream.polls.length - silent).toBeLessThanOrEqual(1);
    world.upstream.set("1", "COMPLETED");
    world.upstream.set("1", "COMPLETED", "11");
    await world.pass(40_000);
    for (const reader of readers) expect(await world.told(reader, 2)).toEqual(["1:RUNNING", "1:COMPLETED"]);
    for (const reader of readers) await reader.stop();
  });

  test("does not slow another project", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    await world.stores.throttle.slow("q", 600_000);
    const reader = world.read();
    await world.told(reader, 1);
    await world.pass(10_000);
    expect(world.upstream.polls.length).toBeGreaterThanOrEqual(5);
    await reader.stop();
  });
});

describe("a poll's credential", () => {
  test("is one of a subscriber's own, each in its turn, so that none needs a call of its own", async () => {
    await using world = startWorld({ proofTtlMs: 30_000 });
    world.upstream.set("1", "RUNNING");
    const readers = ["a", "b", "c"].map((token) => world.read({ token }));
    for (const reader of readers) await world.told(reader, 1);
    const proofs = world.upstream.proofs.length;
    await world.pass(24_000);
    const used = world.upstream.polls.slice(-6).map((poll) => poll.token);
    expect(used.slice(0, 3).toSorted()).toEqual(["a", "b", "c"]);
    expect(used.slice(3)).toEqual(used.slice(0, 3));
    world.upstream.set("1", "COMPLETED");
    for (const reader of readers) await world.told(reader, 2);
    expect(world.upstream.proofs).toHaveLength(proofs);
    for (const reader of readers) await reader.stop();
  });

  test.each(["UNAUTHENTICATED", "FORBIDDEN"] as const)(
    "that the upstream answers with %s ends its own subscriptions alone, and another is used",
    async (code) => {
      await using world = startWorld();
      world.upstream.set("1", "RUNNING");
      const [bad, alsoBad, good] = [
        world.read({ token: "bad" }),
        world.read({ token: "bad" }),
        world.read({ token: "good" }),
      ];
      for (const reader of [bad, alsoBad, good]) await world.told(reader, 1);
      world.upstream.refuse("bad", code);
      await world.pass(5_000);
      await Promise.all([bad.done, alsoBad.done]);
      expect(bad.error).toMatchObject({ code });
      expect(alsoBad.error).toMatchObject({ code });
      world.upstream.set("1", "KILLING");
      await world.pass(2_500);
      expect(await world.told(good, 2)).toEqual(["1:RUNNING", "1:KILLING"]);
      expect(world.upstream.polls.at(-1)?.token).toBe("good");
      await good.stop();
    },
  );

  test("that was the last one gives the lease up at once", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    world.upstream.refuse("t");
    await world.pass(2_500);
    await reader.done;
    await until("no timers are left", () => world.clock.sleeping === 0);
    const claim = { owner: "another", ttlMs: 1_000, continuityMs: 1_000 };
    expect(await world.stores.lease.hold({ projectId: "p", jobId: JOB }, claim)).toMatchObject({
      held: true,
    });
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
