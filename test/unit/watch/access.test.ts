import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { until } from "../../support/until.js";
import { callerWith, JOB } from "./support/scripted-upstream.js";
import { startWorld } from "./support/world.js";

describe("proof of access", () => {
  test("of the first subscriber is the poll itself: one call", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    expect(world.upstream.calls).toHaveLength(1);
    expect(await world.proofs.holds(callerWith("t"), { jobId: JOB })).toBe(true);
    await reader.stop();
  });

  test("is not called for while it is fresh", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    world.proofs.record(callerWith("other"), { jobId: JOB });
    const [a, b] = [world.read(), world.read({ token: "other" })];
    await world.told(a, 1);
    await world.told(b, 1);
    expect(world.upstream.proofs).toEqual([]);
    await Promise.all([a.stop(), b.stop()]);
  });

  test("is asked for before the first event of a credential without one", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const owner = world.read({ token: "owner" });
    await world.told(owner, 1);
    world.upstream.refuse("intruder", "FORBIDDEN");
    const intruder = world.read({ token: "intruder" });
    await world.pass(1_000);
    await intruder.done;
    expect(intruder.events).toEqual([]);
    expect(intruder.error).toMatchObject({ code: "FORBIDDEN" });
    expect(owner.ended).toBe(false);
    await owner.stop();
  });

  test("is not passed on from one project to another", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const [p, q] = [world.read({ project: "p" }), world.read({ project: "q" })];
    await world.told(p, 1);
    await world.told(q, 1);
    expect(world.upstream.calls).toHaveLength(2);
    await Promise.all([p.stop(), q.stop()]);
  });

  test("that is too old is renewed once for all subscribers of the credential, when there is something to give", async () => {
    await using world = startWorld({ proofTtlMs: 10_000 });
    world.upstream.set("1", "RUNNING");
    const idle = Array.from({ length: 5 }, () => world.read({ token: "idle" }));
    for (const reader of idle) await world.told(reader, 1);
    const busy = Array.from({ length: 20 }, (_, n) => world.read({ token: `busy-${n}` }));
    for (const reader of busy) await world.told(reader, 1);
    const before = world.upstream.calls.filter((call) => call.token === "idle").length;
    // Twenty-one credentials take turns at polling: the idle one's last turn is longer ago than a proof holds.
    await world.pass(30_000);
    expect(world.upstream.proofs.filter((call) => call.token === "idle")).toEqual([]);
    world.upstream.set("1", "KILLING");
    for (const reader of [...idle, ...busy]) await world.told(reader, 2);
    const calls = world.upstream.calls.filter((call) => call.token === "idle").length - before;
    expect(calls).toBeLessThanOrEqual(3);
    expect(world.upstream.proofs.filter((call) => call.token === "idle").length).toBeLessThanOrEqual(1);
    for (const reader of [...idle, ...busy]) await reader.stop();
  });

  test("that cannot be renewed because the token was revoked ends that credential's subscriptions unread", async () => {
    await using world = startWorld({ proofTtlMs: 0 });
    world.upstream.set("1", "RUNNING");
    const [good, bad] = [world.read({ token: "good" }), world.read({ token: "bad" })];
    await world.told(good, 1);
    await world.told(bad, 1);
    world.upstream.refuse("bad");
    world.upstream.set("1", "KILLING");
    expect(await world.told(good, 2)).toEqual(["1:RUNNING", "1:KILLING"]);
    await bad.done;
    expect(bad.told).toEqual(["1:RUNNING"]);
    expect(bad.error).toMatchObject({ code: "UNAUTHENTICATED" });
    await good.stop();
  });

  test.each([
    ["does not answer", new GatewayError("UPSTREAM_TIMEOUT", "no answer")],
    ["rejects the call", new GatewayError("UPSTREAM_REJECTED", "not now")],
  ])(
    "that cannot be renewed because the upstream %s keeps the subscription open, and gives what it missed after the next proof",
    async (_, error) => {
      await using world = startWorld({ proofTtlMs: 0 });
      world.upstream.set("1", "RUNNING");
      const reader = world.read();
      await world.told(reader, 1);
      world.upstream.fail(error, "lookup");
      world.upstream.set("1", "KILLING");
      const before = world.upstream.proofs.length;
      await until("proofs are asked for", async () => {
        await world.pass(50);
        return world.upstream.proofs.length > before + 1;
      });
      expect(reader.told).toEqual(["1:RUNNING"]);
      expect(reader.ended).toBe(false);
      world.upstream.fail(undefined);
      world.upstream.set("1", "KILLED");
      expect(await world.told(reader, 3)).toEqual(["1:RUNNING", "1:KILLING", "1:KILLED"]);
      await reader.stop();
    },
  );

  test("that could not be renewed before the gateway closes leaves what it was needed for unread", async () => {
    await using world = startWorld({ proofTtlMs: 0 });
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    world.upstream.fail(new GatewayError("UPSTREAM_TIMEOUT", "no answer"), "lookup");
    world.upstream.set("1", "KILLING");
    const before = world.upstream.proofs.length;
    await until("a proof is asked for", async () => {
      await world.pass(50);
      return world.upstream.proofs.length > before;
    });
    await world.watch.close();
    await world.pass(60_000);
    expect(reader.told).toEqual(["1:RUNNING"]);
    await reader.stop();
  });

  test("is lost with a 401, for other replicas and lookups too", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    world.upstream.refuse("t");
    await world.pass(2_500);
    await reader.done;
    expect(await world.proofs.holds(callerWith("t"), { jobId: JOB })).toBe(false);
  });

  test("is needed even to learn that a version's subscription is complete", async () => {
    await using world = startWorld();
    world.upstream.set("1", "COMPLETED");
    const reader = world.read({ versionId: "1" as typeof JOB });
    await reader.done;
    world.upstream.refuse("intruder", "FORBIDDEN");
    const intruder = world.read({ token: "intruder", versionId: "1" as typeof JOB, after: reader.cursor });
    await world.pass(1_000);
    await intruder.done;
    expect(intruder.error).toMatchObject({ code: "FORBIDDEN" });
  });
});
