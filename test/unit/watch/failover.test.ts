import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Pair, startPair } from "./support/pair.js";
import { callerWith, createdVersion } from "./support/scripted-upstream.js";

describe("two replicas over one store", () => {
  let upstream: Pair["upstream"];
  let stores: Pair["stores"];
  let views: Pair["views"];
  let replicas: Pair["replicas"];
  let readers: Pair["readers"];
  let pair: Pair;

  const pass = (ms: number) => pair.pass(ms);
  const eventually: Pair["eventually"] = (what, holds) => pair.eventually(what, holds);
  const bothTold = (status: string) => pair.bothTold(status);
  const lastPoller = () => upstream.polls.at(-1)?.token;

  /** b does not learn of two changes: the store is emptied and restored by b, and a is away. */
  async function restoreFromOlderCopy(): Promise<void> {
    views.b.set("down");
    for (const status of ["WAITING", "SCALING"] as const) {
      upstream.set("1", status);
      await eventually("a is told", () => readers.a.events.at(-1)?.status === status);
    }
    views.a.set("down");
    stores.empty();
    views.b.set("up");
    await pass(600);
  }

  beforeEach(async () => {
    pair = await startPair();
    ({ upstream, stores, views, replicas, readers } = pair);
  });

  afterEach(() => pair[Symbol.asyncDispose]());

  test("poll from one of them only", async () => {
    const before = upstream.polls.length;
    await pass(5_000);
    expect(new Set(upstream.polls.slice(before).map((poll) => poll.token))).toEqual(new Set(["a"]));
  });

  test.each(["down", "mute"] as const)(
    "go on from the other within 3 s when the first one's connection is %s, and the first one stops",
    async (state) => {
      views.a.set(state);
      const before = upstream.polls.length;
      await pass(3_000);
      expect(lastPoller()).toBe("b");
      const mine = upstream.polls.slice(before).filter((poll) => poll.token === "a").length;
      await pass(3_000);
      expect(upstream.polls.slice(before).filter((poll) => poll.token === "a")).toHaveLength(mine);
    },
  );

  test("lose nothing that the first one saw before it lost its connection, and repeat nothing when it is back", async () => {
    upstream.set("1", "WAITING");
    await eventually("both are told", bothTold("WAITING"));
    views.a.set("down");
    await pass(4_000);
    for (const status of ["RUNNING", "SCALING"] as const) {
      upstream.set("1", status);
      await pass(300);
    }
    views.a.set("up");
    await eventually("a catches up", bothTold("SCALING"));
    for (const reader of [readers.a, readers.b]) {
      expect(reader.told).toEqual(["1:INIT", "1:WAITING", "1:RUNNING", "1:SCALING"]);
    }
  });

  test("record a change that was seen just when the store went away, as soon as it is back", async () => {
    const gate = upstream.hold();
    const before = upstream.polls.length;
    await eventually("a poll is under way", () => upstream.polls.length > before);
    upstream.set("1", "WAITING");
    views.a.set("down");
    views.b.set("down");
    gate.open();
    await pass(1_000);
    upstream.set("1", "RUNNING");
    await pass(5_000);
    expect(readers.b.told).toEqual(["1:INIT"]);
    views.a.set("up");
    views.b.set("up");
    await eventually("both are told", bothTold("RUNNING"));
    for (const reader of [readers.a, readers.b])
      expect(reader.told).toEqual(["1:INIT", "1:WAITING", "1:RUNNING"]);
  });

  test("do not let an answer that took longer than the lease into the history", async () => {
    const gate = upstream.hold();
    const before = upstream.polls.length;
    await eventually("a's poll is under way", () => upstream.polls.length > before);
    views.a.set("down");
    await eventually("b's poll is under way", () => lastPoller() === "b");
    upstream.set("1", "WAITING");
    gate.open();
    await eventually("b is told", () => readers.b.events.at(-1)?.status === "WAITING");
    upstream.set("1", "RUNNING");
    await eventually("b is told", () => readers.b.events.at(-1)?.status === "RUNNING");
    views.a.set("up");
    await eventually("a catches up", bothTold("RUNNING"));
    for (const reader of [readers.a, readers.b])
      expect(reader.told).toEqual(["1:INIT", "1:WAITING", "1:RUNNING"]);
  });

  test("tell nobody twice when an answer of the store is lost and the command is sent again", async () => {
    views.a.set("mute");
    upstream.set("1", "WAITING");
    await pass(400);
    views.a.set("up");
    await eventually("both are told", bothTold("WAITING"));
    upstream.set("1", "RUNNING");
    await eventually("both are told", bothTold("RUNNING"));
    for (const reader of [readers.a, readers.b])
      expect(reader.told).toEqual(["1:INIT", "1:WAITING", "1:RUNNING"]);
  });

  test("tell what the first one recorded before it was cut off, and could not let be seen", async () => {
    const announce = views.a.hold("announce");
    upstream.set("1", "WAITING");
    await pass(400);
    views.a.set("down");
    announce.release();
    await eventually("b is told", () => readers.b.events.at(-1)?.status === "WAITING");
    expect(readers.b.told).toEqual(["1:INIT", "1:WAITING"]);
  });

  test("do not depend on wake-ups", async () => {
    stores.losesWakes = true;
    upstream.set("1", "WAITING");
    await pass(2_000);
    expect(readers.b.told).toEqual(["1:INIT", "1:WAITING"]);
  });

  test("restore an emptied store from what they know: no gap, no repeat, and old cursors lead on", async () => {
    upstream.set("1", "WAITING");
    await eventually("both are told", bothTold("WAITING"));
    upstream.set("1", "RUNNING");
    await eventually("both are told", bothTold("RUNNING"));
    stores.empty();
    upstream.set("1", "KILLING");
    await eventually("both are told", bothTold("KILLING"));
    const expected = ["1:INIT", "1:WAITING", "1:RUNNING", "1:KILLING"];
    for (const reader of [readers.a, readers.b]) expect(reader.told).toEqual(expected);
    const back = replicas.b.read({ token: "b", after: readers.a.events[1]?.cursor ?? "" });
    await eventually("the missed ones are told", () => back.events.length === 2);
    expect(back.told).toEqual(["1:RUNNING", "1:KILLING"]);
    await back.stop();
  });

  test("bring a store that was emptied and restored from an older copy up to what the other one knows", async () => {
    await restoreFromOlderCopy();
    views.a.set("up");
    upstream.set("1", "RUNNING");
    await eventually("both are told", bothTold("RUNNING"));
    for (const reader of [readers.a, readers.b])
      expect(reader.told).toEqual(["1:INIT", "1:WAITING", "1:SCALING", "1:RUNNING"]);
  });

  test("mark a gap when what one of them recorded is lost with the store, and the other has gone on without it", async () => {
    await restoreFromOlderCopy();
    await replicas.b.watch.recordCreation(callerWith("b"), createdVersion("2"));
    views.a.set("up");
    upstream.set("1", "RUNNING");
    await eventually("both are told", bothTold("RUNNING"));
    expect(readers.b.told).toEqual(["1:INIT", "2:INIT", "1:RUNNING!"]);
    expect(readers.a.told).toEqual(["1:INIT", "1:WAITING", "1:SCALING", "2:INIT", "1:RUNNING!"]);
  });

  test("mark a gap when only a replica that was cut off is left to restore an emptied store", async () => {
    views.b.set("down");
    upstream.set("1", "WAITING");
    await eventually("a is told", () => readers.a.events.at(-1)?.status === "WAITING");
    views.a.set("down");
    stores.empty();
    views.b.set("up");
    upstream.set("1", "RUNNING");
    await eventually("b is told", () => readers.b.events.at(-1)?.status === "RUNNING");
    expect(readers.b.told).toEqual(["1:INIT", "1:RUNNING!"]);
    views.a.set("up");
    upstream.set("1", "KILLING");
    await eventually("both are told", bothTold("KILLING"));
    expect(readers.a.told).toEqual(["1:INIT", "1:WAITING", "1:RUNNING!", "1:KILLING"]);
    expect(readers.b.told).toEqual(["1:INIT", "1:RUNNING!", "1:KILLING"]);
  });
});
