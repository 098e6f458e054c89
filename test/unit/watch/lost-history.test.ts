import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Pair, startPair } from "./support/pair.js";
import { callerWith, createdVersion } from "./support/scripted-upstream.js";

/** `a` polls and has recorded two changes that `b` does not know; then the store is emptied and `b` restores what it knows. */
describe("when a store is restored from an older copy than the poller's", () => {
  let pair: Pair;

  beforeEach(async () => {
    pair = await startPair();
    const { upstream, views, readers, stores } = pair;
    views.b.set("down");
    for (const status of ["WAITING", "SCALING"] as const) {
      upstream.set("1", status);
      await pair.eventually("a is told", () => readers.a.events.at(-1)?.status === status);
    }
    views.a.set("down");
    stores.empty();
    views.b.set("up");
    await pair.pass(600);
  });

  afterEach(() => pair[Symbol.asyncDispose]());

  test("the poller brings it up to what it knows before it records anything else", async () => {
    const { upstream, views, readers } = pair;
    const read = views.a.hold("read");
    views.a.set("up");
    upstream.set("1", "RUNNING");
    await pair.pass(1_000);
    read.release();
    await pair.eventually("both are told", pair.bothTold("RUNNING"));
    for (const reader of [readers.a, readers.b])
      expect(reader.told).toEqual(["1:INIT", "1:WAITING", "1:SCALING", "1:RUNNING"]);
  });

  test("and has gone on, the poller records the status that it had recorded before, as a gap, and what it had recorded is forgotten", async () => {
    const { views, replicas, readers } = pair;
    await replicas.b.watch.recordCreation(callerWith("b"), createdVersion("2"));
    views.a.set("up");
    await pair.eventually("b is told", () => readers.b.events.length > 2);
    expect(readers.b.told).toEqual(["1:INIT", "2:INIT", "1:SCALING!"]);
    await pair.eventually("a is told", () => readers.a.events.length > 4);
    const back = replicas.a.read({ token: "a", after: readers.b.events[1]?.cursor ?? "" });
    await pair.eventually("what followed is told", () => back.events.at(-1)?.gap === true);
    expect(back.told).toEqual(["1:SCALING!"]);
    await back.stop();
  });
});
