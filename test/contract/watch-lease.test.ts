import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LongId } from "../../src/domain/index.js";
import type { Claim, JobKey, WatchLease } from "../../src/watch/ports.js";
import { until } from "../support/until.js";
import { type OpenStores, STORE_KINDS } from "../unit/watch/support/stores.js";

const JOB: JobKey = { projectId: "p", jobId: "10" as LongId };

function claim(owner: string, more: Partial<Claim> = {}): Claim {
  return { owner, ttlMs: 60_000, continuityMs: 60_000, ...more };
}

describe.each(STORE_KINDS)("the lease kept in $kind", ({ open }) => {
  let opened: OpenStores;
  let lease: WatchLease;
  beforeEach(async () => {
    opened = await open();
    lease = opened.stores.lease;
  });
  afterEach(() => opened.close());

  test("is given to the first who asks and refused to others while it lasts", async () => {
    const first = await lease.hold(JOB, claim("a"));
    expect(first).toMatchObject({ held: true });
    expect(await lease.hold(JOB, claim("b"))).toEqual({ held: false, fence: first.fence });
  });

  test("is not given, on request, by a store that knows of no holder and may have forgotten one", async () => {
    expect(await lease.hold(JOB, claim("a", { onlyIfKnown: true }))).toEqual({ held: false, fence: 0 });
    await lease.hold(JOB, claim("b"));
    await lease.release(JOB, { owner: "b", reason: "handover" });
    expect(await lease.hold(JOB, claim("a", { onlyIfKnown: true }))).toMatchObject({ held: true });
  });

  test("is one for each job", async () => {
    await lease.hold(JOB, claim("a"));
    expect(await lease.hold({ ...JOB, jobId: "11" as LongId }, claim("b"))).toMatchObject({ held: true });
    expect(await lease.hold({ ...JOB, projectId: "q" }, claim("b"))).toMatchObject({ held: true });
  });

  test("keeps its fencing number when it is renewed", async () => {
    const first = await lease.hold(JOB, claim("a"));
    expect(first).toMatchObject({ previous: 0 });
    expect(await lease.hold(JOB, claim("a"))).toEqual({ ...first, previous: first.fence });
  });

  test("goes to another when it is not renewed, under a greater fencing number", async () => {
    const first = await lease.hold(JOB, claim("a", { ttlMs: 20 }));
    const second = await until("b holds it", async () => {
      const hold = await lease.hold(JOB, claim("b"));
      return hold.held && hold;
    });
    expect(second.fence).toBeGreaterThan(first.fence);
    expect(await lease.hold(JOB, claim("a"))).toMatchObject({ held: false });
  });

  test("goes to another at once when it is released", async () => {
    const first = await lease.hold(JOB, claim("a"));
    await lease.release(JOB, { owner: "a", reason: "handover" });
    const second = await lease.hold(JOB, claim("b"));
    expect(second).toMatchObject({ held: true, previous: first.fence });
    expect(second.fence).toBeGreaterThan(first.fence);
  });

  test("is not released by one who does not hold it", async () => {
    await lease.hold(JOB, claim("a"));
    await lease.release(JOB, { owner: "b", reason: "handover" });
    expect(await lease.hold(JOB, claim("b"))).toMatchObject({ held: false });
  });

  test("wakes those who wait for it when it is released", async () => {
    const woken: JobKey[] = [];
    const stop = opened.stores.signals.onWake((job) => woken.push(job));
    await lease.hold(JOB, claim("a"));
    await until("the release is heard", async () => {
      await lease.hold(JOB, claim("a"));
      await lease.release(JOB, { owner: "a", reason: "handover" });
      return woken.length > 0;
    });
    expect(woken[0]).toEqual(JOB);
    stop();
  });

  describe("continuity of watching", () => {
    /** Held by `a`, who has polled. */
    async function watched(more: Partial<Claim> = {}) {
      await lease.hold(JOB, claim("a"));
      return lease.hold(JOB, claim("a", { settled: true, ...more }));
    }

    test("is broken by a holder after whom nobody watched, until a poll has settled it", async () => {
      await watched();
      await lease.release(JOB, { owner: "a", reason: "unwatched" });
      expect(await lease.hold(JOB, claim("b"))).toMatchObject({ held: true, continuous: false });
      expect(await lease.hold(JOB, claim("b"))).toMatchObject({ continuous: false });
      expect(await lease.hold(JOB, claim("b", { settled: true }))).toMatchObject({ continuous: true });
    });

    test("is settled also by a poll that was recorded just before the lease is given up", async () => {
      await lease.hold(JOB, claim("a"));
      await lease.release(JOB, { owner: "a", settled: true, reason: "handover" });
      expect(await lease.hold(JOB, claim("b"))).toMatchObject({ continuous: true });
    });

    test("stays broken when the next holder dies before its first poll", async () => {
      await watched();
      await lease.release(JOB, { owner: "a", reason: "unwatched" });
      const b = await lease.hold(JOB, claim("b", { ttlMs: 20 }));
      const c = await until("c holds it", async () => {
        const hold = await lease.hold(JOB, claim("c", { watchedDuring: b.fence }));
        return hold.held && hold;
      });
      expect(c.continuous).toBe(false);
    });

    test("is not known of the first holder, because the store may have forgotten another", async () => {
      expect(await lease.hold(JOB, claim("a"))).toMatchObject({ continuous: false });
      expect(await lease.hold(JOB, claim("a", { settled: true }))).toMatchObject({ continuous: true });
    });

    test("holds when the first holder held it already before the store forgot", async () => {
      const again = claim("a", { watchedDuring: 17, wasHolder: true });
      expect(await lease.hold(JOB, again)).toMatchObject({ continuous: true });
    });

    test("holds when the next holder watched while the one before left", async () => {
      const a = await watched();
      expect(await lease.hold(JOB, claim("b"))).toMatchObject({ held: false });
      await lease.release(JOB, { owner: "a", reason: "unwatched" });
      expect(await lease.hold(JOB, claim("b", { watchedDuring: a.fence }))).toMatchObject({
        continuous: true,
      });
    });

    test("holds across a handover", async () => {
      await watched();
      await lease.release(JOB, { owner: "a", reason: "handover" });
      expect(await lease.hold(JOB, claim("b"))).toMatchObject({ continuous: true });
    });

    test("is broken by a silence longer than a dead holder explains", async () => {
      await watched({ ttlMs: 10 });
      const b = await until("b holds it", async () => {
        const hold = await lease.hold(JOB, claim("b", { continuityMs: 1 }));
        return hold.held && hold;
      });
      expect(b.continuous).toBe(false);
    });
  });
});
