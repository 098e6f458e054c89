import { describe, expect, test } from "vitest";
import { until } from "../../support/until.js";
import { callerWith, JOB } from "./support/scripted-upstream.js";
import { startWorld } from "./support/world.js";

describe("the subscription limits", () => {
  test("refuse one too many of a credential with a message that says the limit", async () => {
    await using world = startWorld({ limits: { subscriptionsPerCredential: 2 } });
    world.upstream.set("1", "RUNNING");
    const [a, b, c, other] = [world.read(), world.read(), world.read(), world.read({ token: "other" })];
    await c.done;
    expect(c.error).toMatchObject({ code: "RATE_LIMITED" });
    expect(String(c.error)).toContain("2 subscriptions");
    await a.stop();
    const d = world.read();
    for (const reader of [b, d, other]) expect(await world.told(reader, 1)).toEqual(["1:RUNNING"]);
    for (const reader of [b, d, other]) await reader.stop();
  });

  test("refuse one too many of the process", async () => {
    await using world = startWorld({ limits: { subscriptionsMax: 1 } });
    world.upstream.set("1", "RUNNING");
    const [a, b] = [world.read({ token: "a" }), world.read({ token: "b" })];
    await b.done;
    expect(b.error).toMatchObject({ code: "RATE_LIMITED" });
    await a.stop();
    const c = world.read({ token: "c" });
    expect(await world.told(c, 1)).toEqual(["1:RUNNING"]);
    await c.stop();
  });

  test("do not count a subscription that ended with an error, even while it is not read", async () => {
    await using world = startWorld({ limits: { subscriptionsPerCredential: 1 } });
    world.upstream.refuse("t");
    const reader = world.read();
    await world.pass(100);
    await reader.done;
    world.upstream.set("1", "RUNNING");
    const again = world.read({ quotaKey: "t", token: "fresh" });
    expect(await world.told(again, 1)).toEqual(["1:RUNNING"]);
    await again.stop();
  });

  test("do not count a subscription that is never read", async () => {
    await using world = startWorld({ limits: { subscriptionsPerCredential: 1 } });
    world.upstream.set("1", "RUNNING");
    const request = { caller: callerWith("t"), requestId: "r", jobId: JOB, quotaKey: "t" };
    world.watch.subscribe(request);
    await world.watch.subscribe(request).return();
    const reader = world.read();
    expect(await world.told(reader, 1)).toEqual(["1:RUNNING"]);
    await reader.stop();
  });
});

describe("closing the watch", () => {
  test("leaves readers waiting, because an end would look like the end of the events, and gives the lease up", async () => {
    const world = startWorld();
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    await world.watch.close();
    await world.pass(60_000);
    expect(reader.ended).toBe(false);
    expect(world.clock.sleeping).toBe(0);
    const claim = { owner: "another", ttlMs: 1_000, continuityMs: 1_000_000 };
    const hold = await world.stores.lease.hold({ projectId: "p", jobId: JOB }, claim);
    expect(hold).toMatchObject({ held: true, continuous: true });
    await reader.stop();
    await reader.done;
    expect(reader.error).toBeUndefined();
  });

  test("lets readers have what has arrived for them", async () => {
    const world = startWorld();
    world.upstream.set("1", "RUNNING");
    const iterator = world.watch.subscribe({
      caller: callerWith("t"),
      requestId: "r",
      jobId: JOB,
      quotaKey: "t",
    });
    const first = iterator.next();
    const reader = world.read();
    await world.told(reader, 1);
    expect((await first).value).toMatchObject({ status: "RUNNING" });
    for (const status of ["KILLING", "KILLED"] as const) {
      world.upstream.set("1", status);
      await world.pass(2_300);
    }
    await world.told(reader, 3);
    await world.watch.close();
    expect((await iterator.next()).value).toMatchObject({ status: "KILLING" });
    expect((await iterator.next()).value).toMatchObject({ status: "KILLED" });
    await Promise.all([iterator.return(), reader.stop()]);
  });

  test("cancels a poll that is under way", async () => {
    const world = startWorld();
    world.upstream.set("1", "RUNNING");
    const gate = world.upstream.hold();
    const reader = world.read();
    await until("a poll", () => world.upstream.polls.length === 1);
    const closed = world.watch.close();
    gate.open();
    await closed;
    expect(reader.events).toEqual([]);
    await reader.stop();
  });

  test("lets nobody subscribe any more, without an end either", async () => {
    const world = startWorld();
    await world.watch.close();
    const reader = world.read();
    await world.pass(1_000);
    expect(reader.ended).toBe(false);
    await reader.stop();
  });
});

describe("what an operator sees", () => {
  test("is how many subscribe, watch and hold leases, and how polls end", async () => {
    const gauges = new Map<string, number>();
    const polls: string[] = [];
    const latencies: number[] = [];
    await using world = startWorld({
      events: {
        subscribers: (count) => gauges.set("subscribers", count),
        watches: (count) => gauges.set("watches", count),
        leases: (count) => gauges.set("leases", count),
        poll: (outcome) => void polls.push(outcome),
        delivered: (ms) => void latencies.push(ms),
      },
    });
    world.upstream.set("1", "RUNNING");
    const [a, b] = [world.read(), world.read()];
    await world.told(a, 1);
    await world.told(b, 1);
    expect(Object.fromEntries(gauges)).toEqual({ subscribers: 2, watches: 1, leases: 1 });
    world.upstream.set("1", "COMPLETED");
    await world.told(a, 2);
    await world.told(b, 2);
    expect(polls[0]).toBe("unchanged");
    expect(polls).toContain("changed");
    expect(latencies).toHaveLength(4);
    expect(Math.max(...latencies)).toBeLessThan(1_000);
    await Promise.all([a.stop(), b.stop()]);
    await until("all is released", () => gauges.get("leases") === 0);
    expect(Object.fromEntries(gauges)).toEqual({ subscribers: 0, watches: 0, leases: 0 });
  });
});
