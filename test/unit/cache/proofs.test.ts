import { describe, expect, it } from "vitest";
import type { SharedStore } from "../../../src/cache/index.js";
import { createProofs } from "../../../src/cache/index.js";
import { FakeClock } from "../../support/fake-clock.js";
import { createMemoryStore, MemoryState } from "../../support/memory-store.js";
import { silentCacheEvents } from "../../support/silent-events.js";
import { caller, id } from "./data.js";
import { settle } from "./scripted-upstream.js";

const TTL_MS = 60_000;
const subject = { jobId: id(10) };

function setUp(change: (store: SharedStore) => SharedStore = (store) => store) {
  const clock = new FakeClock();
  const state = new MemoryState();
  const failures: string[] = [];
  const events = { ...silentCacheEvents, storeFailed: (operation: string) => failures.push(operation) };
  const create = () =>
    createProofs({ store: change(createMemoryStore({ clock, state })), proofTtlMs: TTL_MS, clock, events });
  return { clock, failures, here: create(), there: create() };
}

describe("A proof of access", () => {
  it("holds for AUTH_PROOF_TTL_MS", async () => {
    const { clock, here } = setUp();
    here.record(caller(), subject);
    await clock.advance(TTL_MS - 1);
    expect(await here.holds(caller(), subject)).toBe(true);
    await clock.advance(1);
    expect(await here.holds(caller(), subject)).toBe(false);
  });

  it("holds longer after each success", async () => {
    const { clock, here, there } = setUp();
    here.record(caller(), subject);
    await clock.advance(TTL_MS - 1);
    here.record(caller(), subject);
    await clock.advance(TTL_MS - 1);
    expect(await here.holds(caller(), subject)).toBe(true);
    expect(await there.holds(caller(), subject)).toBe(true);
  });

  it("holds for its credential, project and subject alone", async () => {
    const { here } = setUp();
    here.record(caller(), subject);
    expect(await here.holds(caller("bob"), subject)).toBe(false);
    expect(await here.holds(caller("alice", "project-2"), subject)).toBe(false);
    expect(await here.holds(caller(), { jobId: id(11) })).toBe(false);
    expect(await here.holds(caller(), "project-specs")).toBe(false);
  });

  it("holds on every replica, no longer than where it was recorded", async () => {
    const { clock, here, there } = setUp();
    here.record(caller(), subject);
    await clock.advance(TTL_MS - 1_000);
    expect(await there.holds(caller(), subject)).toBe(true);
    await clock.advance(1_000);
    expect(await there.holds(caller(), subject)).toBe(false);
  });

  it("is told to the other replicas once in a tenth of its time, and in the next one where that failed", async () => {
    const { clock, here } = setUp();
    const told: boolean[] = [];
    const tell = () => told.push(here.recordHere(caller(), subject));
    tell();
    await clock.advance(TTL_MS / 10 - 1);
    tell();
    await clock.advance(1);
    tell();
    here.share(caller(), subject, Promise.reject(new Error("Redis is away")));
    await settle();
    tell();
    expect(told).toEqual([true, false, true, true]);
  });

  it("is told with what carries it, else by itself", async () => {
    const { here, there } = setUp();
    here.recordHere(caller(), subject);
    here.share(caller(), subject, Promise.resolve());
    await settle();
    expect(await there.holds(caller(), subject)).toBe(false);
    here.share(caller(), subject);
    expect(await there.holds(caller(), subject)).toBe(true);
  });

  it("is forgotten when it is revoked, by every replica that has not used it", async () => {
    const { here, there } = setUp();
    here.record(caller(), subject);
    here.revoke(caller(), subject);
    expect(await here.holds(caller(), subject)).toBe(false);
    expect(await there.holds(caller(), subject)).toBe(false);
  });

  it("does not come back from the shared store where it was revoked, although the store missed it", async () => {
    const { clock, here, failures } = setUp((store) =>
      Object.assign(store, { revokeProof: () => Promise.reject(new Error("away")) }),
    );
    here.record(caller(), subject);
    await clock.advance(10);
    here.revoke(caller(), subject);
    await settle();
    expect(failures).toEqual(["proof"]);
    expect(await here.holds(caller(), subject)).toBe(false);
    await clock.advance(10);
    here.record(caller(), subject);
    expect(await here.holds(caller(), subject)).toBe(true);
  });

  it("is not shortened by an older one that is read from the shared store after it was recorded", async () => {
    const { clock, here } = setUp();
    here.record(caller(), subject);
    here.learn(caller(), subject, TTL_MS - 10);
    await clock.advance(TTL_MS - 1);
    expect(here.holdsHere(caller(), subject)).toBe(true);
  });

  it("holds from the latest success on, also where the clock was set back before it", async () => {
    const { clock, here } = setUp();
    const recordedAt = clock.now();
    here.record(caller(), subject);
    await clock.advance(-1_000);
    here.record(caller(), subject);
    expect(here.heldUntil(caller(), subject)).toBe(recordedAt - 1_000 + TTL_MS);
  });

  it("is not held for certain where the shared store does not answer", async () => {
    const { here, failures } = setUp((store) =>
      Object.assign(store, { readProof: () => Promise.reject(new Error("away")) }),
    );
    expect(await here.holds(caller(), subject)).toBe(false);
    expect(failures).toEqual(["proof"]);
  });
});
