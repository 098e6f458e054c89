import { expect, test } from "vitest";
import { StoreView } from "./support/faulty-stores.js";
import { startPair } from "./support/pair.js";
import { startReplica } from "./support/replica.js";
import { startWorld } from "./support/world.js";

test("an answer that comes after the lease has ended is not told: another may be polling", async () => {
  await using pair = await startPair();
  const { upstream, views, wires, readers } = pair;
  const request = wires.a.hold("request");
  await pair.eventually("a's poll is under way", () => wires.a.waiting === 1);
  views.a.set("down");
  const answer = wires.b.hold("answer");
  await pair.eventually("b was answered INIT, and does not know yet", () => wires.b.waiting === 1);
  views.a.set("up");
  upstream.set("1", "WAITING");
  request.release();
  await pair.pass(200);
  answer.release();
  await pair.eventually("both are told", pair.bothTold("WAITING"));
  await pair.pass(1_000);
  for (const reader of [readers.a, readers.b]) expect(reader.told).toEqual(["1:INIT", "1:WAITING"]);
});

test("what was observed in time and recorded late is told, and after it what is so now", async () => {
  await using pair = await startPair();
  const { upstream, views, wires, readers } = pair;
  upstream.set("1", "SCALING");
  const answer = wires.a.hold("answer");
  await pair.eventually("a was answered SCALING", () => wires.a.waiting === 1);
  views.a.set("down");
  answer.release();
  upstream.set("1", "INIT");
  const before = upstream.polls.length;
  await pair.eventually("b polls", () => upstream.polls.length > before + 2);
  views.a.set("up");
  await pair.eventually("both are told", () => readers.b.events.length > 2 && pair.bothTold("INIT")());
  for (const reader of [readers.a, readers.b]) expect(reader.told).toEqual(["1:INIT", "1:SCALING", "1:INIT"]);
});

test("what was observed and could not be recorded for 30 s after another took over is given up", async () => {
  await using pair = await startPair();
  const { upstream, views, wires, readers } = pair;
  upstream.set("1", "SCALING");
  const answer = wires.a.hold("answer");
  await pair.eventually("a was answered SCALING", () => wires.a.waiting === 1);
  views.a.set("down");
  answer.release();
  upstream.set("1", "INIT");
  await pair.pass(35_000);
  views.a.set("up");
  await pair.pass(5_000);
  for (const reader of [readers.a, readers.b]) expect(reader.told).toEqual(["1:INIT"]);
});

test("who begins while changes arrive is told the status that he begins with, and none from before it", async () => {
  await using pair = await startPair();
  const { upstream, views, replicas, readers } = pair;
  const load = views.b.hold("load");
  const late = replicas.b.read({ token: "b" });
  for (const status of ["WAITING", "RUNNING"] as const) {
    upstream.set("1", status);
    await pair.eventually("a is told", () => readers.a.events.at(-1)?.status === status);
  }
  load.release();
  await pair.eventually("b is told", pair.bothTold("RUNNING"));
  expect(readers.b.told).toEqual(["1:INIT", "1:WAITING", "1:RUNNING"]);
  expect(late.told).toEqual(["1:RUNNING"]);
  await late.stop();
});

test("who waits for a poll when the store is emptied is served by the next one, though nothing has changed", async () => {
  await using pair = await startPair();
  const { stores, wires, replicas } = pair;
  const request = wires.a.hold("request");
  await pair.eventually("a's poll is under way", () => wires.a.waiting === 1);
  const late = replicas.b.read({ token: "b" });
  await pair.pass(100);
  stores.empty();
  request.release();
  await pair.eventually("it begins", () => late.events.length > 0);
  expect(late.told).toEqual(["1:INIT"]);
  await late.stop();
});

test("who begins while another replica restores an emptied store from an older copy is told nothing twice", async () => {
  await using pair = await startPair();
  const { stores, upstream, views, replicas, readers } = pair;
  views.a.set("down");
  upstream.set("1", "WAITING");
  await pair.eventually("b alone is told", () => readers.b.events.at(-1)?.status === "WAITING");
  const load = views.b.hold("load");
  const late = replicas.b.read({ token: "b" });
  await pair.pass(100);
  views.b.set("down");
  stores.empty();
  views.a.set("up");
  for (const status of ["RUNNING", "KILLING"] as const) {
    upstream.set("1", status);
    await pair.eventually("a is told", () => readers.a.events.at(-1)?.status === status);
  }
  const other = replicas.a.read({ token: "a" });
  await pair.eventually("another begins", () => other.events.length > 0);
  views.b.set("up");
  load.release();
  await pair.eventually("b is told", pair.bothTold("KILLING"));
  await pair.eventually("it begins", () => late.events.length > 0);
  await pair.pass(1_000);
  expect(late.told.map((told) => told.replace("!", ""))).toEqual(["1:KILLING"]);
  await Promise.all([late.stop(), other.stop()]);
});

test("changes that are recorded while the history is being read are told once, also to who resumes after them", async () => {
  await using pair = await startPair();
  const { upstream, views, replicas, readers } = pair;
  const read = views.a.hold("read");
  const beginner = replicas.a.read({ token: "a" });
  await pair.pass(100);
  for (const status of ["WAITING", "RUNNING"] as const) {
    const polls = upstream.polls.length;
    upstream.set("1", status);
    await pair.eventually("b is told", () => readers.b.events.at(-1)?.status === status);
    await pair.eventually("a has recorded it", () => upstream.polls.length > polls + 2);
  }
  read.release();
  await pair.eventually("a is told", pair.bothTold("RUNNING"));
  const back = replicas.a.read({ token: "a", after: readers.a.events[0]?.cursor ?? "" });
  await pair.eventually("what was missed is told", () => back.events.at(-1)?.status === "RUNNING");
  await pair.pass(1_000);
  expect(back.told).toEqual(["1:WAITING", "1:RUNNING"]);
  await Promise.all([beginner.stop(), back.stop()]);
});

test("who leaves while it is looked up what he missed is not kept", async () => {
  const resumed: boolean[] = [];
  await using world = startWorld();
  const view = new StoreView(() => world.stores);
  const replica = startReplica({
    upstream: world.upstream,
    clock: world.clock,
    stores: view.stores,
    events: { resumed: (exact) => resumed.push(exact) },
  });
  world.upstream.set("1", "RUNNING");
  const first = world.read();
  await world.told(first, 1);
  world.upstream.set("1", "KILLING");
  await world.told(first, 2);
  const stays = replica.read();
  await world.told(stays, 1);
  // The first is to catch up.
  const read = view.hold("read", 1);
  const back = replica.read({ after: first.events[0]?.cursor ?? "" });
  await world.pass(100);
  await back.stop();
  read.release();
  await world.pass(1_000);
  expect(resumed).toEqual([]);
  await Promise.all([first.stop(), stays.stop()]);
  await replica.watch.close();
});

test("a replica that finds a history which is not the one that it knew tells only what is different", async () => {
  await using pair = await startPair();
  const { clock, stores, upstream, views, replicas, readers } = pair;
  views.b.set("down");
  await replicas.a.watch.close();
  stores.empty();
  const another = startReplica({
    upstream,
    clock,
    stores: stores.view().stores,
    config: { pollIntervalMs: 200, maxPollIntervalMs: 200 },
  });
  const reader = another.read({ token: "c" });
  await pair.eventually("another begins a history", () => reader.events.length > 0);
  views.b.set("up");
  await pair.pass(5_000);
  expect(readers.b.told).toEqual(["1:INIT"]);
  upstream.set("1", "RUNNING");
  await pair.eventually("b is told", () => readers.b.events.length > 1);
  expect(readers.b.told).toEqual(["1:INIT", "1:RUNNING"]);
  await another.watch.close();
  await reader.stop();
});
