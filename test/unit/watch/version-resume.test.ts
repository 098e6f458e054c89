import { describe, expect, test } from "vitest";
import type { GatewayError } from "../../../src/errors.js";
import { until } from "../../support/until.js";
import { id, type Reader } from "./support/replica.js";
import { startWorld, V1, type World, watchedWorld } from "./support/world.js";

/** One leaves, and another one sees what happens then. */
async function missThreeChanges(world: World): Promise<{ stays: Reader; leaves: Reader }> {
  const stays = world.read(V1);
  const leaves = world.read(V1);
  await world.told(leaves, 1);
  await world.told(stays, 1);
  await leaves.stop();
  for (const status of ["SCALING", "RUNNING", "KILLING"] as const) {
    world.upstream.set("1", status);
    await world.pass(2_100);
  }
  await world.told(stays, 4);
  return { stays, leaves };
}

describe("a version's subscription with `after`", () => {
  test("completes at once after the terminal event, without asking the upstream again", async () => {
    await using world = watchedWorld();
    world.upstream.set("1", "COMPLETED");
    const first = world.read(V1);
    await first.done;
    const calls = world.upstream.calls.length;
    const second = world.read({ ...V1, after: first.cursor });
    await second.done;
    expect(second.events).toEqual([]);
    expect(second.error).toBeUndefined();
    expect(world.upstream.calls).toHaveLength(calls);
  });

  test("gets exactly the changes since, while somebody else watched", async () => {
    await using world = watchedWorld();
    const { stays, leaves } = await missThreeChanges(world);
    const back = world.read({ ...V1, after: leaves.cursor });
    expect(await world.told(back, 3)).toEqual(["1:SCALING", "1:RUNNING", "1:KILLING"]);
    expect(back.events.map((event) => event.previousStatus)).toEqual(["RUNNING", "SCALING", "RUNNING"]);
    await stays.stop();
    await back.stop();
  });

  test("gets the current state as a gap where more happened than STATUS_HISTORY_LENGTH, also while somebody else watched", async () => {
    await using world = watchedWorld({ historyLength: 2 });
    const { stays, leaves } = await missThreeChanges(world);
    const back = world.read({ ...V1, after: leaves.cursor });
    expect(await world.told(back, 1)).toEqual(["1:KILLING!"]);
    await stays.stop();
    await back.stop();
  });

  test("goes on with a version that had vanished and is back", async () => {
    await using world = watchedWorld();
    const stays = world.read();
    const leaves = world.read(V1);
    await world.told(leaves, 1);
    await world.told(stays, 1);
    await leaves.stop();
    world.upstream.set("2", "RUNNING");
    await world.told(stays, 2);
    world.upstream.remove("1");
    await world.pass(5_000);
    world.upstream.set("1", "KILLING");
    await world.told(stays, 3);
    const back = world.read({ ...V1, after: leaves.cursor });
    expect(await world.told(back, 1)).toEqual(["1:KILLING"]);
    expect(back.error).toBeUndefined();
    await Promise.all([stays.stop(), back.stop()]);
  });

  test("goes on in a job that was gone and is back", async () => {
    await using world = watchedWorld();
    const leaves = world.read(V1);
    const stays = world.read();
    await world.told(leaves, 1);
    await world.told(stays, 1);
    await leaves.stop();
    world.upstream.removeJob();
    await world.pass(5_000);
    expect(stays.error).toMatchObject({ code: "NOT_FOUND" });
    world.upstream.set("1", "KILLING");
    const another = world.read();
    await world.told(another, 1);
    const back = world.read({ ...V1, after: leaves.cursor });
    expect(await world.told(back, 1)).toEqual(["1:KILLING!"]);
    expect(back.error).toBeUndefined();
    await Promise.all([another.stop(), back.stop()]);
  });

  test("gets every change since, however many the history holds", async () => {
    await using world = watchedWorld();
    const stays = world.read(V1);
    await world.told(stays, 1);
    const { cursor } = stays;
    for (let n = 0; n < 300; n += 1) {
      world.upstream.set("1", 1_000 + n);
      await world.pass(2_300);
    }
    await world.told(stays, 301);
    const back = world.read({ ...V1, after: cursor });
    await world.told(back, 300);
    expect(back.events).toEqual(stays.events.slice(1));
    await Promise.all([stays.stop(), back.stop()]);
  });

  test("goes on from any event, not only the last", async () => {
    await using world = watchedWorld();
    const reader = world.read(V1);
    await world.told(reader, 1);
    world.upstream.set("1", "KILLING");
    await world.pass(2_100);
    await world.told(reader, 2);
    world.upstream.set("1", "KILLED");
    await world.pass(2_100);
    await reader.done;
    for (const [index, event] of reader.events.entries()) {
      const again = world.read({ ...V1, after: event.cursor });
      await again.done;
      expect(again.events).toEqual(reader.events.slice(index + 1));
    }
  });

  test("gets one event with `gap` when the job was not watched meanwhile and the status is another", async () => {
    await using world = watchedWorld();
    const first = world.read(V1);
    await world.told(first, 1);
    await first.stop();
    world.upstream.set("1", "SCALING");
    world.upstream.set("1", "KILLING");
    const second = world.read({ ...V1, after: first.cursor });
    expect(await world.told(second, 1)).toEqual(["1:KILLING!"]);
    expect(second.events[0]?.previousStatus).toBeNull();
    world.upstream.set("1", "KILLED");
    await world.pass(2_100);
    await second.done;
    expect(second.told).toEqual(["1:KILLING!", "1:KILLED"]);
    expect(second.events[1]?.previousStatus).toBe("KILLING");
  });

  test("gets nothing when the job was not watched meanwhile and the status is the same", async () => {
    await using world = watchedWorld();
    const first = world.read(V1);
    await world.told(first, 1);
    await first.stop();
    await world.pass(60_000);
    const polls = world.upstream.polls.length;
    const second = world.read({ ...V1, after: first.cursor });
    await until("a poll", () => world.upstream.polls.length > polls);
    world.upstream.set("1", "COMPLETED");
    await world.pass(2_100);
    await second.done;
    expect(second.told).toEqual(["1:COMPLETED"]);
    expect(second.events[0]).toMatchObject({ previousStatus: "RUNNING", gap: false });
  });

  test("gets one event with `gap` when what follows was trimmed", async () => {
    await using world = startWorld({ historyLength: 2 });
    world.upstream.set("1", "RUNNING");
    const reader = world.read(V1);
    await world.told(reader, 1);
    for (const status of ["SCALING", "RUNNING", "KILLING"] as const) {
      world.upstream.set("1", status);
      await world.pass(2_100);
    }
    await world.told(reader, 4);
    const { stores, upstream } = world;
    await using other = startWorld({ stores, upstream });
    const back = other.read({ ...V1, after: reader.events[0]?.cursor ?? "" });
    await until("a gap", async () => {
      await Promise.all([world.pass(100), other.pass(100)]);
      return back.events.length > 0;
    });
    expect(back.told).toEqual(["1:KILLING!"]);
    await back.stop();
    await reader.stop();
  });

  test("gets one event with `gap` when the history is another one", async () => {
    await using before = watchedWorld();
    const reader = before.read(V1);
    await before.told(reader, 1);
    await using world = watchedWorld();
    const back = world.read({ ...V1, after: reader.cursor });
    expect(await world.told(back, 1)).toEqual(["1:RUNNING!"]);
    await back.stop();
    await reader.stop();
  });

  test.each([
    ["empty", ""],
    ["malformed", "not a cursor"],
    ["of another format", Buffer.from(JSON.stringify([2, "x", "y", 1])).toString("base64url")],
    ["too long", "A".repeat(600)],
  ])("is refused when it is %s", async (_, after) => {
    await using world = watchedWorld();
    const reader = world.read({ ...V1, after });
    await reader.done;
    expect(reader.error).toMatchObject({
      code: "BAD_USER_INPUT",
      details: { violations: [{ path: ["after"], rule: "after-cursor" }] },
    });
    expect(world.upstream.calls).toEqual([]);
  });

  test("is refused when it is of another job, or of the same job id in another project", async () => {
    await using world = watchedWorld();
    world.upstream.set("1", "RUNNING", "11");
    const reader = world.read(V1);
    await world.told(reader, 1);
    for (const where of [{ jobId: id("11") }, { project: "q" }]) {
      const other = world.read({ ...V1, ...where, after: reader.cursor });
      await other.done;
      const [violation] = (other.error as GatewayError).details.violations ?? [];
      expect(violation).toMatchObject({ path: ["after"], rule: "after-cursor" });
      expect(violation?.message).toContain("another job");
    }
    await reader.stop();
  });
});
