import { describe, expect, test } from "vitest";
import { until } from "../../support/until.js";
import { id } from "./support/replica.js";
import { callerWith, createdVersion } from "./support/scripted-upstream.js";
import { startWorld } from "./support/world.js";

describe("a job's subscription", () => {
  test("starts with one event for each version, oldest first", async () => {
    await using world = startWorld();
    world.upstream.set("3", "COMPLETED");
    world.upstream.set("2", "RUNNING");
    world.upstream.set("10", "INIT");
    const reader = world.read();
    expect(await world.told(reader, 3)).toEqual(["2:RUNNING", "3:COMPLETED", "10:INIT"]);
    expect(reader.events.every((event) => event.previousStatus === null && !event.gap)).toBe(true);
    await reader.stop();
  });

  test("starts with the newest 100 versions and each older one that can still change", async () => {
    await using world = startWorld();
    for (let n = 1; n <= 130; n += 1) world.upstream.set(String(n), n % 10 === 0 ? "RUNNING" : "COMPLETED");
    const reader = world.read();
    await world.told(reader, 103);
    const expected = [10, 20, 30, ...Array.from({ length: 100 }, (_, index) => index + 31)];
    expect(reader.events.map((event) => Number(event.versionId))).toEqual(expected);
    await reader.stop();
  });

  test("has no previous status for a version that it was not told of before", async () => {
    await using world = startWorld();
    for (let n = 1; n <= 101; n += 1) world.upstream.set(String(n), "COMPLETED");
    const reader = world.read();
    await world.told(reader, 100);
    world.upstream.set("1", "RUNNING");
    await world.pass(70_000);
    await world.told(reader, 101);
    expect(reader.events[100]).toMatchObject({ versionId: "1", status: "RUNNING", previousStatus: null });
    await reader.stop();
  });

  test("includes versions that are created meanwhile", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    world.upstream.set("2", "INIT");
    await world.pass(2_100);
    await world.told(reader, 2);
    expect(reader.events[1]).toMatchObject({
      versionId: "2",
      status: "INIT",
      previousStatus: null,
      gap: false,
    });
    await reader.stop();
  });

  test("sees the first status of a version that this gateway creates, from its creation's answer on", async () => {
    await using world = startWorld();
    world.upstream.set("1", "COMPLETED");
    const reader = world.read();
    await world.told(reader, 1);
    await world.watch.recordCreation(callerWith("t"), createdVersion("2"));
    await world.told(reader, 2);
    world.upstream.set("2", "RUNNING");
    await world.pass(2_100);
    await world.told(reader, 3);
    expect(reader.told).toEqual(["1:COMPLETED", "2:INIT", "2:RUNNING"]);
    expect(reader.events[2]?.previousStatus).toBe("INIT");
    await reader.stop();
  });

  test("does not complete by itself when every version is terminal", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const reader = world.read();
    await world.told(reader, 1);
    world.upstream.set("1", "COMPLETED");
    await world.pass(2_100);
    await world.told(reader, 2);
    await world.pass(300_000);
    expect(reader.ended).toBe(false);
    await reader.stop();
  });

  test("falls silent about a version that vanishes, and starts anew when it is back", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    world.upstream.set("2", "RUNNING");
    const reader = world.read();
    await world.told(reader, 2);
    world.upstream.remove("1");
    await world.pass(2_100);
    world.upstream.set("2", "FAILED");
    await world.pass(2_100);
    expect(await world.told(reader, 3)).toEqual(["1:RUNNING", "2:RUNNING", "2:FAILED"]);
    expect(reader.ended).toBe(false);
    await reader.stop();
  });

  test("ends with NOT_FOUND when the job vanishes, and so does every other one", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const job = world.read({ token: "a" });
    const version = world.read({ token: "b", versionId: id("1") });
    await world.told(job, 1);
    await world.told(version, 1);
    world.upstream.removeJob();
    await world.pass(2_100);
    await Promise.all([job.done, version.done]);
    expect(job.error).toMatchObject({ code: "NOT_FOUND" });
    expect(version.error).toMatchObject({ code: "NOT_FOUND" });
  });

  test("is not ended by a stranger for whom the job does not exist", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const owner = world.read({ token: "owner" });
    await world.told(owner, 1);
    world.upstream.refuse("stranger", "NOT_FOUND");
    const stranger = world.read({ token: "stranger" });
    await world.pass(1_000);
    await stranger.done;
    expect(stranger.error).toMatchObject({ code: "NOT_FOUND" });
    await world.pass(10_000);
    expect(owner.ended).toBe(false);
    await owner.stop();
  });

  test("of a job without versions waits for the first", async () => {
    await using world = startWorld();
    world.upstream.set("1", "INIT");
    world.upstream.remove("1");
    const reader = world.read();
    await until("a poll", () => world.upstream.polls.length === 1);
    world.upstream.set("2", "INIT");
    await world.pass(2_100);
    expect(await world.told(reader, 1)).toEqual(["2:INIT"]);
    await reader.stop();
  });
});

describe("a job's subscription with `after`", () => {
  test("resumes in the middle of the first events", async () => {
    await using world = startWorld();
    for (const version of ["1", "2", "3"]) world.upstream.set(version, "RUNNING");
    const reader = world.read();
    await world.told(reader, 3);
    const back = world.read({ after: reader.events[0]?.cursor ?? "" });
    expect(await world.told(back, 2)).toEqual(["2:RUNNING", "3:RUNNING"]);
    world.upstream.set("1", "KILLING");
    world.upstream.set("3", "FAILED");
    await world.pass(2_100);
    await world.told(reader, 5);
    // Version 1 was told before, so its change is told; version 3 was not, so its state is.
    const later = world.read({ after: reader.events[1]?.cursor ?? "" });
    expect(await world.told(later, 2)).toEqual(["1:KILLING", "3:FAILED"]);
    expect(later.events.map((event) => event.previousStatus)).toEqual(["RUNNING", null]);
    await Promise.all([reader.stop(), back.stop(), later.stop()]);
  });

  test("gets what happened to every version meanwhile", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const stays = world.read();
    await world.told(stays, 1);
    const { cursor } = stays;
    world.upstream.set("2", "INIT");
    await world.pass(2_100);
    world.upstream.set("1", "COMPLETED");
    await world.pass(2_100);
    await world.told(stays, 3);
    const back = world.read({ after: cursor });
    expect(await world.told(back, 2)).toEqual(["2:INIT", "1:COMPLETED"]);
    expect(back.events).toEqual(stays.events.slice(1));
    await Promise.all([stays.stop(), back.stop()]);
  });

  test("takes the cursor of a version's event, the sequence being the job's", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    world.upstream.set("2", "RUNNING");
    const version = world.read({ versionId: id("1") });
    const job = world.read();
    await world.told(version, 1);
    await world.told(job, 2);
    world.upstream.set("2", "FAILED");
    await world.pass(2_100);
    await world.told(job, 3);
    const back = world.read({ after: version.cursor });
    expect(await world.told(back, 1)).toEqual(["2:FAILED"]);
    await Promise.all([version.stop(), job.stop(), back.stop()]);
  });

  test("gets the current state of each version, marked as a gap, when the history is another one", async () => {
    await using before = startWorld();
    before.upstream.set("1", "RUNNING");
    const reader = before.read();
    await before.told(reader, 1);
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    world.upstream.set("2", "INIT");
    const back = world.read({ after: reader.cursor });
    expect(await world.told(back, 2)).toEqual(["1:RUNNING!", "2:INIT!"]);
    await Promise.all([reader.stop(), back.stop()]);
  });
});
