import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { until } from "../../support/until.js";
import { id } from "./support/replica.js";
import { JOB } from "./support/scripted-upstream.js";
import { startWorld } from "./support/world.js";

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

  test("that is refused lets the next one's turn come at once, however calm the job is", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const good = world.read({ token: "good" });
    await world.told(good, 1);
    await world.pass(600_000);
    world.upstream.refuse("bad");
    const bad = world.read({ token: "bad" });
    const late = world.read({ token: "good" });
    await world.pass(300);
    expect(bad.ended).toBe(true);
    expect(late.told).toEqual(["1:RUNNING"]);
    await Promise.all([good.stop(), late.stop()]);
  });

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
