import { describe, expect, test } from "vitest";
import type { StatusEvent } from "../../../src/domain/index.js";
import { until } from "../../support/until.js";
import { id } from "./support/replica.js";
import { callerWith, JOB } from "./support/scripted-upstream.js";
import { startWorld, type World } from "./support/world.js";

/** Changes a version's status so often, each time seen by a poll. Numbers from 1,000 on are not documented, but pass. */
async function change(world: World, versions: string[], times: number, from = 1_000): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    for (const version of versions) world.upstream.set(version, from + n);
    await world.pass(2_300);
  }
}

async function readAll(
  iterator: AsyncGenerator<StatusEvent, void, undefined>,
  last: number,
  versions = 1,
): Promise<StatusEvent[]> {
  const events: StatusEvent[] = [];
  const atEnd = () => events.filter((event) => event.statusCode === last).length === versions;
  while (!atEnd()) {
    const { value } = await iterator.next();
    if (!value) break;
    events.push(value);
  }
  return events;
}

describe("a client that stops reading", () => {
  async function subscribe(world: World, versionId?: string) {
    const iterator = world.watch.subscribe({
      caller: callerWith("slow"),
      requestId: "r",
      jobId: JOB,
      quotaKey: "slow",
      ...(versionId && { versionId: id(versionId) }),
    });
    await iterator.next();
    return iterator;
  }

  test("gets up to 100 unread events of a version, one by one", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const iterator = await subscribe(world, "1");
    await change(world, ["1"], 100);
    const events = await readAll(iterator, 1_099);
    expect(events.map((event) => event.statusCode)).toEqual(Array.from({ length: 100 }, (_, n) => 1_000 + n));
    expect(events.every((event) => !event.gap)).toBe(true);
    await iterator.return();
  });

  test("gets the newest alone, marked as a gap, of a version with more", async () => {
    const collapsed: number[] = [];
    await using world = startWorld({ events: { collapsed: (events) => collapsed.push(events) } });
    world.upstream.set("1", "RUNNING");
    world.upstream.set("2", "RUNNING");
    const iterator = await subscribe(world);
    await iterator.next();
    world.upstream.set("2", "KILLING");
    await change(world, ["1"], 101);
    const events = await readAll(iterator, 1_100);
    expect(
      events.map((event) => [event.versionId, event.statusCode, event.gap, event.previousStatus]),
    ).toEqual([
      ["2", 9, false, "RUNNING"],
      ["1", 1_100, true, null],
    ]);
    expect(collapsed).toEqual([100]);
    await iterator.return();
  });

  test("gets what happens after it reads again, one by one", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const iterator = await subscribe(world, "1");
    await change(world, ["1"], 150);
    const events = await readAll(iterator, 1_149);
    expect(events[0]).toMatchObject({ statusCode: 1_100, gap: true });
    expect(events).toHaveLength(50);
    world.upstream.set("1", "COMPLETED");
    await world.pass(2_300);
    expect((await iterator.next()).value).toMatchObject({ status: "COMPLETED", gap: false });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("gets one event for each version, marked as a gap, beyond 1,000 in all", async () => {
    await using world = startWorld({ historyLength: 5_000 });
    const versions = Array.from({ length: 20 }, (_, n) => String(n + 1));
    for (const version of versions) world.upstream.set(version, "RUNNING");
    const iterator = await subscribe(world);
    for (let n = 1; n < 20; n += 1) await iterator.next();
    await change(world, versions, 50);
    world.upstream.set("1", 2_000);
    await world.pass(2_300);
    const events = await readAll(iterator, 2_000);
    expect(events.map((event) => event.versionId)).toEqual([...versions.slice(1), "1"]);
    expect(events.every((event) => event.gap && event.previousStatus === null)).toBe(true);
    await iterator.return();
  });

  test("does not keep others waiting", async () => {
    await using world = startWorld();
    world.upstream.set("1", "RUNNING");
    const iterator = await subscribe(world, "1");
    const reader = world.read({ versionId: id("1") });
    await world.told(reader, 1);
    await change(world, ["1"], 5);
    await world.told(reader, 6);
    expect(reader.events.map((event) => event.statusCode)).toEqual([8, 1_000, 1_001, 1_002, 1_003, 1_004]);
    await Promise.all([iterator.return(), reader.stop()]);
  });
});

describe("10,000 subscribers in one process", () => {
  test("are all told of a change that one poller saw, by one event that they share", async () => {
    await using world = startWorld({ limits: { subscriptionsPerCredential: 10_000 } });
    world.upstream.set("1", "RUNNING");
    const readers = Array.from({ length: 10_000 }, () => world.read({ versionId: id("1") }));
    const toldAll = (count: number) => async () => {
      await world.pass(100);
      return readers.every((reader) => reader.events.length === count);
    };
    await until("all begin", toldAll(1));
    const before = world.upstream.calls.length;
    world.upstream.set("1", "COMPLETED");
    await until("all are told", toldAll(2));
    expect(world.upstream.calls.length - before).toBe(1);
    expect(new Set(readers.map((reader) => reader.events[1])).size).toBe(1);
    await Promise.all(readers.map((reader) => reader.done));
    expect(world.clock.sleeping).toBe(0);
  });
});
