import { describe, expect, it } from "vitest";
import { createMemoryIdempotencyStore, type IdempotencyStore } from "../../../src/creation/index.js";
import { FakeClock } from "../../support/fake-clock.js";
import { createRig } from "./rig.js";
import { id } from "./samples.js";

const JOB = { projectId: "project", jobId: id("10") };

function boundedRig(maxEntries: number) {
  const clock = new FakeClock();
  const store: IdempotencyStore = createMemoryIdempotencyStore({ clock, maxEntries });
  return createRig({ store });
}

describe("the store in memory", () => {
  it("forgets the results that are oldest when it is full", async () => {
    const { create, upstream } = boundedRig(2);
    for (const idempotencyKey of ["first", "second", "third"]) await create({ idempotencyKey });
    await create({ idempotencyKey: "second" });
    await create({ idempotencyKey: "third" });
    expect(upstream.posts).toHaveLength(3);
    await create({ idempotencyKey: "first" });
    expect(upstream.posts).toHaveLength(4);
  });

  it("forgets the owners that were written longest ago, and keeps one in a hundred more than it has room for", async () => {
    const { owners } = createMemoryIdempotencyStore({ clock: new FakeClock(), maxEntries: 1_000 });
    const versionIds = Array.from({ length: 5_000 }, (_, index) => id(String(index + 1)));
    for (const versionId of versionIds) await owners.set(JOB, versionId, "a key");
    const kept = [...(await owners.of(JOB, versionIds)).keys()];
    expect(kept).toEqual(versionIds.slice(-kept.length));
    expect(kept.length).toBeGreaterThanOrEqual(1_000);
    expect(kept.length).toBeLessThanOrEqual(1_010);
  });

  it("never forgets a creation that is under way, however full it is", async () => {
    const { create, upstream, clock } = boundedRig(2);
    let answer: (value: unknown) => void = () => {};
    upstream.fates.push(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const first = create({ idempotencyKey: "first" });
    await clock.advance(0);
    for (const idempotencyKey of ["second", "third", "fourth"]) await create({ idempotencyKey });
    const again = create({ idempotencyKey: "first" });
    answer(undefined);
    expect(await again).toEqual(await first);
    expect(upstream.posts).toHaveLength(4);
  });

  it("forgets whose a version is after 24 hours", async () => {
    const clock = new FakeClock();
    const store = createMemoryIdempotencyStore({ clock });
    await store.owners.set(JOB, id("100"), "ann");
    await clock.advance(24 * 60 * 60 * 1_000);
    expect(await store.owners.of(JOB, [id("100")])).toEqual(new Map());
  });

  it("wakes everybody who waits when it is closed", async () => {
    const clock = new FakeClock();
    const store = createMemoryIdempotencyStore({ clock });
    const waiting = store.changed("key", 600_000);
    await store.close();
    await waiting;
    expect(clock.sleeping).toBe(0);
  });
});
