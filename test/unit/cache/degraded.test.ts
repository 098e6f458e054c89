import { describe, expect, it } from "vitest";
import type { SharedStore } from "../../../src/cache/index.js";
import type { StoreListener } from "../../../src/cache/store.js";
import { FakeClock } from "../../support/fake-clock.js";
import { createMemoryStore, MemoryState } from "../../support/memory-store.js";
import { caller, completed, details, id, job, version } from "./data.js";
import { ACTIVE_MS, type Replica, replica } from "./replica.js";
import { settle } from "./scripted-upstream.js";

const away = () => Promise.reject(new Error("Redis is away"));
const terminal = details(20, completed);

/** A replica on a store that does what a real one does, but for what the test changes. */
function withStore(
  changes: Partial<SharedStore>,
  state = new MemoryState(),
): Replica & { told(listen: (to: StoreListener) => void): void } {
  const clock = new FakeClock();
  const store = Object.assign(createMemoryStore({ clock, state }), changes);
  const r = replica({ clock, store });
  return { ...r, told: (act) => [...state.listeners.keys()].forEach(act) };
}

async function answered<T>(r: Replica, found: Promise<T>, answer: unknown): Promise<T> {
  const calls = r.upstream.calls.length;
  await settle();
  if (r.upstream.calls.length > calls) await r.upstream.last.answer(answer);
  return found;
}

const lookup = (r: Replica) => r.operation().trainingJobVersion(id(10), id(20), "details");

describe("While Redis is away", () => {
  const nothing: Partial<SharedStore> = {
    read: away,
    peek: away,
    write: away,
    release: away,
    extend: away,
    invalidate: away,
    observe: away,
    recordProof: away,
    readProof: away,
    revokeProof: away,
  };

  it("lookups go on, cached in the process", async () => {
    const r = withStore(nothing);
    expect(await answered(r, lookup(r), terminal)).toEqual(terminal);
    expect(await lookup(r)).toEqual(terminal);
    expect(r.upstream.calls).toHaveLength(1);
  });

  it("an invalidation still holds in this process, and does not fail", async () => {
    const r = withStore(nothing);
    await answered(r, lookup(r), terminal);
    await r.lookups.invalidateJob(caller().projectId, id(10));
    void lookup(r);
    await settle();
    expect(r.upstream.calls).toHaveLength(2);
  });

  it("what a poll saw is still taken into this process, and does not fail", async () => {
    const r = withStore(nothing);
    const seen = job([version(20, completed)]);
    await r.lookups.observeJob(caller(), seen, [id(20)], r.clock.now());
    expect(await r.operation().trainingJob(id(10))).toEqual(seen);
  });

  it("a failed write is a miss for the others, not a failure", async () => {
    const r = withStore({ write: away });
    expect(await answered(r, lookup(r), terminal)).toEqual(terminal);
  });
});

describe("A replica that is not known to hear of invalidations", () => {
  it("serves what it holds for CACHE_TTL_ACTIVE_MS at most", async () => {
    let told = true;
    const r = withStore({ isTold: () => told, read: away });
    await answered(r, lookup(r), terminal);
    told = false;
    await r.clock.advance(ACTIVE_MS - 1);
    expect(await lookup(r)).toEqual(terminal);
    await r.clock.advance(1);
    void lookup(r);
    await settle();
    expect(r.upstream.calls).toHaveLength(2);
  });

  it("gives no old answer meanwhile to others when something expires", async () => {
    const r = withStore({ isTold: () => false, read: away });
    await answered(r, r.operation().trainingJob(id(10)), job([version(20)]));
    await r.clock.advance(ACTIVE_MS);
    const both = Promise.all([1, 2].map(() => r.operation().trainingJob(id(10))));
    await settle();
    await r.upstream.last.answer(job([version(20, completed)]));
    expect((await both).map((found) => found?.versions[0]?.status)).toEqual(["COMPLETED", "COMPLETED"]);
  });

  it("drops all that it holds when it hears again", async () => {
    const r = withStore({ read: away });
    await answered(r, lookup(r), terminal);
    r.told((listener) => listener.restored());
    void lookup(r);
    await settle();
    expect(r.upstream.calls).toHaveLength(2);
  });

  it("does not keep what it was fetching when it heard again", async () => {
    const r = withStore({ read: away });
    const found = lookup(r);
    await settle();
    r.told((listener) => listener.restored());
    await r.upstream.last.answer(terminal);
    expect(await found).toEqual(terminal);
    void lookup(r);
    await settle();
    expect(r.upstream.calls).toHaveLength(2);
  });

  it("finds out by its own write that another replica has invalidated what it was fetching", async () => {
    const state = new MemoryState();
    const r = withStore({ listen: () => () => {} }, state);
    const found = lookup(r);
    await settle();
    await createMemoryStore({ clock: r.clock, state }).invalidate("project-1/10");
    await r.upstream.last.answer(details(20));
    expect(r.upstream.calls).toHaveLength(2);
    await r.upstream.last.answer(terminal);
    expect(await found).toEqual(terminal);
  });
});

describe("Closing", () => {
  it("waits for what is still being written", async () => {
    let finish: (current: boolean) => void = () => {};
    const r = withStore({ write: () => new Promise<boolean>((resolve) => (finish = resolve)) });
    await answered(r, lookup(r), terminal);
    let closed = false;
    const closing = r.lookups.close().then(() => (closed = true));
    await settle();
    expect(closed).toBe(false);
    finish(true);
    await closing;
  });
});
