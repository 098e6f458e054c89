import { describe, expect, test } from "vitest";
import { until } from "../../support/until.js";
import { id } from "./support/replica.js";
import { callerWith, createdVersion } from "./support/scripted-upstream.js";
import { startWorld, V1, watchedWorld } from "./support/world.js";

describe("a version's subscription", () => {
  test("starts with the current status, tells each change and completes after the terminal one", async () => {
    await using world = watchedWorld();
    const reader = world.read(V1);
    await world.told(reader, 1);
    world.upstream.set("1", "KILLING");
    await world.pass(2_100);
    await world.told(reader, 2);
    world.upstream.set("1", "KILLED");
    await world.pass(2_100);
    await reader.done;
    expect(reader.told).toEqual(["1:RUNNING", "1:KILLING", "1:KILLED"]);
    expect(reader.error).toBeUndefined();
    expect(reader.events.map((event) => event.previousStatus)).toEqual([null, "RUNNING", "KILLING"]);
    expect(reader.events.map((event) => event.terminal)).toEqual([false, false, true]);
  });

  test("carries the version as the poll that observed the status saw it", async () => {
    await using world = watchedWorld();
    const reader = world.read(V1);
    await world.told(reader, 1);
    world.upstream.set("1", "COMPLETED");
    await world.pass(2_100);
    await reader.done;
    expect(reader.events.map((event) => event.version?.status)).toEqual(["RUNNING", "COMPLETED"]);
    expect(reader.events.map((event) => event.statusCode)).toEqual([8, 10]);
  });

  test("says when the status was observed", async () => {
    await using world = watchedWorld();
    await world.pass(5_000);
    const subscribedAt = world.clock.now();
    const reader = world.read(V1);
    await world.told(reader, 1);
    expect(reader.events[0]?.observedAt).toBeGreaterThanOrEqual(subscribedAt);
    expect(reader.events[0]?.observedAt).toBeLessThanOrEqual(world.clock.now());
  });

  test("tells an upstream number that is not known as UNKNOWN, and goes on", async () => {
    await using world = watchedWorld();
    world.upstream.set("1", 77);
    const reader = world.read(V1);
    await world.told(reader, 1);
    expect(reader.events[0]).toMatchObject({ status: "UNKNOWN", statusCode: 77, terminal: false });
    expect(reader.ended).toBe(false);
    await reader.stop();
  });

  test("of a terminal version gives one event and completes", async () => {
    await using world = startWorld();
    world.upstream.set("1", "FAILED");
    const reader = world.read(V1);
    await reader.done;
    expect(reader.told).toEqual(["1:FAILED"]);
    expect(reader.error).toBeUndefined();
  });

  test("of another version of the job does not see it", async () => {
    await using world = watchedWorld();
    world.upstream.set("2", "RUNNING");
    const reader = world.read(V1);
    await world.told(reader, 1);
    world.upstream.set("2", "FAILED");
    await world.pass(2_100);
    world.upstream.set("1", "COMPLETED");
    await world.pass(2_100);
    await reader.done;
    expect(reader.told).toEqual(["1:RUNNING", "1:COMPLETED"]);
  });

  test("of a job that does not exist ends with NOT_FOUND", async () => {
    await using world = startWorld();
    const reader = world.read(V1);
    await reader.done;
    expect(reader.error).toMatchObject({ code: "NOT_FOUND" });
  });

  test("of a version that does not exist ends with NOT_FOUND", async () => {
    await using world = watchedWorld();
    const reader = world.read({ versionId: id("2") });
    await reader.done;
    expect(reader.error).toMatchObject({ code: "NOT_FOUND" });
    expect(reader.events).toEqual([]);
  });

  test("ends with NOT_FOUND when the version vanishes", async () => {
    await using world = watchedWorld();
    world.upstream.set("2", "RUNNING");
    const reader = world.read(V1);
    await world.told(reader, 1);
    world.upstream.remove("1");
    await world.pass(2_100);
    await reader.done;
    expect(reader.error).toMatchObject({ code: "NOT_FOUND" });
  });

  test("does not take a version that an incomplete list leaves out for vanished", async () => {
    await using world = watchedWorld();
    world.upstream.set("2", "RUNNING");
    const reader = world.read(V1);
    await world.told(reader, 1);
    world.upstream.remove("1");
    world.upstream.complete = false;
    await world.pass(10_000);
    expect(world.upstream.polls.length).toBeGreaterThan(3);
    expect(reader.ended).toBe(false);
    await reader.stop();
  });

  test("of a version that an incomplete list leaves out waits for it", async () => {
    await using world = watchedWorld();
    world.upstream.complete = false;
    const reader = world.read({ versionId: id("2") });
    await until("a poll", () => world.upstream.polls.length === 1);
    world.upstream.set("2", "RUNNING");
    await world.pass(2_100);
    expect(await world.told(reader, 1)).toEqual(["2:RUNNING"]);
    expect(reader.events[0]?.previousStatus).toBeNull();
    await reader.stop();
  });

  test("ends while it waits, as soon as it is returned", async () => {
    await using world = watchedWorld();
    const reader = world.read(V1);
    await world.told(reader, 1);
    await reader.stop();
    await reader.done;
    expect(reader.error).toBeUndefined();
  });

  test("of a version that this gateway created is not NOT_FOUND while the upstream does not list it yet", async () => {
    await using world = watchedWorld();
    await world.watch.recordCreation(callerWith("t"), createdVersion("2"));
    const reader = world.read({ versionId: id("2") });
    expect(await world.told(reader, 1)).toEqual(["2:INIT"]);
    world.upstream.set("2", "RUNNING");
    await world.pass(2_100);
    expect(await world.told(reader, 2)).toEqual(["2:INIT", "2:RUNNING"]);
    await reader.stop();
  });

  test("of a version that this gateway created ends with NOT_FOUND only when it is missing 30 s later", async () => {
    await using world = watchedWorld();
    await world.watch.recordCreation(callerWith("t"), createdVersion("2"));
    const reader = world.read({ versionId: id("2") });
    await world.told(reader, 1);
    await world.pass(29_000);
    expect(reader.ended).toBe(false);
    await world.pass(5_000);
    await reader.done;
    expect(reader.error).toMatchObject({ code: "NOT_FOUND" });
  });
});
