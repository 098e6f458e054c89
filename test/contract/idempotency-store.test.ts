import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { intentOf } from "../../src/creation/intent.js";
import type { KeyRecord } from "../../src/creation/record.js";
import type { Decide } from "../../src/creation/store.js";
import { until } from "../support/until.js";
import { id, sampleVersion } from "../unit/creation/samples.js";
import { openCluster, openMemory, openRedis, type StorePair } from "../unit/creation/store-pairs.js";

const JOB = { projectId: "project", jobId: id("10") };

const results: KeyRecord = {
  state: "done",
  fingerprint: "fingerprint",
  jobId: id("9223372036854775807"),
  token: "token",
  result: {
    jobId: id("9223372036854775807"),
    versionId: id("9007199254740993"),
    jobName: "job",
    versionName: null,
    status: "INIT",
    statusCode: 1,
    createTime: 1_524_189_990_635,
  },
};

function heldUntil(leaseUntil: number): KeyRecord {
  return {
    state: "claimed",
    fingerprint: "fingerprint",
    jobId: id("10"),
    token: "holder",
    leaseUntil,
    claimedAt: 0,
    upstreamClaimedAt: null,
    postedAt: null,
  };
}

const read: Decide<KeyRecord | undefined> = (record) => ({ reply: record });
const write =
  (record: KeyRecord | null): Decide<void> =>
  () => ({ reply: undefined, write: record });

let keys = 0;
const newKey = () => `key-${keys++}`;

function describeStore(name: string, open: () => Promise<StorePair>): void {
  describe(`a store of idempotency keys, ${name}`, () => {
    let pair: StorePair;
    beforeAll(async () => {
      pair = await open();
    });
    afterAll(() => pair[Symbol.asyncDispose]());

    it("knows no record of a key that was never written", async () => {
      expect(await pair.here.transact(newKey(), read)).toBeUndefined();
    });

    it("gives a record as it was written, every digit included, to every replica", async () => {
      const key = newKey();
      await pair.here.transact(key, write(results));
      expect(await pair.there.transact(key, read)).toEqual(results);
    });

    it("keeps the record when nothing is to be written", async () => {
      const key = newKey();
      await pair.here.transact(key, write(results));
      await pair.here.transact(key, () => ({ reply: undefined }));
      expect(await pair.here.transact(key, read)).toEqual(results);
    });

    it("removes a record", async () => {
      const key = newKey();
      await pair.here.transact(key, write(results));
      await pair.there.transact(key, write(null));
      expect(await pair.here.transact(key, read)).toBeUndefined();
    });

    it("tells the time that is the same for all replicas", async () => {
      const now: Decide<number> = (_, at) => ({ reply: at });
      const [first, second] = [
        await pair.here.transact(newKey(), now),
        await pair.there.transact(newKey(), now),
      ];
      expect(first).toBeGreaterThan(Date.UTC(2020, 0, 1));
      expect(second).toBeGreaterThanOrEqual(first);
    });

    it("loses no write of many at once: each sees what was written before it", async () => {
      const key = newKey();
      const next: Decide<number> = (record) => {
        const count = record?.state === "claimed" ? record.claimedAt + 1 : 1;
        return { reply: count, write: { ...heldUntil(0), claimedAt: count } as KeyRecord };
      };
      const stores = [pair.here, pair.there];
      const seen = await Promise.all(
        Array.from({ length: 20 }, (_, i) => stores[i % 2]?.transact(key, next)),
      );
      expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
    });

    it("lets one of many win who each claim a free key", async () => {
      const key = newKey();
      const claims = Array.from({ length: 50 }, (_, i) => {
        const decide: Decide<boolean> = (record) =>
          record ? { reply: false } : { reply: true, write: { ...results, token: `token-${i}` } };
        return (i % 2 ? pair.here : pair.there).transact(key, decide);
      });
      expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
    });

    it("wakes a waiter of any replica when a key is settled or freed", async () => {
      for (const settled of [results, null]) {
        const key = newKey();
        await pair.there.transact(key, write(heldUntil(Number.MAX_SAFE_INTEGER)));
        let woken = false;
        void pair.here.changed(key, 600_000).then(() => {
          woken = true;
        });
        // A subscription may still be on its way: settled again and again until it has come through.
        await until("the waiter is woken", async () => {
          await pair.there.transact(key, write(settled));
          return woken;
        });
      }
    });

    it("does not wake a waiter when a claim is merely renewed", async () => {
      const key = newKey();
      let woken = false;
      void pair.here.changed(key, 600_000).then(() => {
        woken = true;
      });
      await pair.here.transact(key, write(heldUntil(Number.MAX_SAFE_INTEGER)));
      await pair.here.transact(key, read);
      await nextTurn();
      expect(woken).toBe(false);
      await until("the waiter is woken", async () => {
        await pair.here.transact(key, write(null));
        return woken;
      });
    });

    it("wakes a waiter when his time is over", async () => {
      await pair.here.changed(newKey(), 1);
    });

    it("knows whose result a version is", async () => {
      const [one, other, unknown] = [id("1001"), id("1002"), id("1003")];
      await pair.here.owners.set(JOB, one, "ann");
      await pair.here.owners.set(JOB, other, "bob");
      const known = await pair.there.owners.of(JOB, [one, unknown, other]);
      expect(known).toEqual(
        new Map([
          [one, "ann"],
          [other, "bob"],
        ]),
      );
      expect(await pair.here.owners.of(JOB, [])).toEqual(new Map());
    });

    it("keeps the versions of jobs and projects apart", async () => {
      const version = id("1010");
      await pair.here.owners.set(JOB, version, "ann");
      expect(await pair.here.owners.of({ ...JOB, jobId: id("11") }, [version])).toEqual(new Map());
      expect(await pair.here.owners.of({ ...JOB, projectId: "other" }, [version])).toEqual(new Map());
    });

    it("lets one of several take a version, and that one again", async () => {
      const version = id("1020");
      const owners = ["ann", "bob", "eve"];
      const taken = await Promise.all(
        owners.map((owner, i) => (i % 2 ? pair.here : pair.there).owners.take(JOB, version, owner)),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
      const winner = owners[taken.indexOf(true)] ?? "";
      expect(await pair.here.owners.take(JOB, version, winner)).toBe(true);
      expect((await pair.there.owners.of(JOB, [version])).get(version)).toBe(winner);
    });

    it("replaces the owner of a version on the upstream's own word", async () => {
      const version = id("1030");
      await pair.here.owners.take(JOB, version, "bob");
      await pair.there.owners.set(JOB, version, "ann");
      expect(await pair.here.owners.take(JOB, version, "bob")).toBe(false);
    });

    it("knows of another key's POST of the same config until it ends, and not of one's own", async () => {
      const version = sampleVersion({ workerServerNum: 1 + keys++ });
      const [mine, others] = [intentOf("project", "mine", version), intentOf("project", "others", version)];
      const different = intentOf("project", "different", sampleVersion({ trainUrl: "/elsewhere/" }));
      await pair.here.posts.begin(mine);
      await pair.here.posts.begin(different);
      expect(await pair.there.posts.othersThan(mine, 60_000)).toBe(false);
      await pair.there.posts.begin(others);
      expect(await pair.here.posts.othersThan(mine, 60_000)).toBe(true);
      await pair.there.posts.end(others);
      expect(await pair.here.posts.othersThan(mine, 60_000)).toBe(false);
    });

    it("forgets a POST that never ended after the time that one asks for", async () => {
      const version = sampleVersion({ workerServerNum: 1 + keys++ });
      const [mine, others] = [intentOf("project", "mine", version), intentOf("project", "others", version)];
      await pair.there.posts.begin(others);
      await until("it is forgotten", async () => !(await pair.here.posts.othersThan(mine, 20)));
    });
  });
}

describeStore("in memory", openMemory);
describeStore("in Redis", () => openRedis());
describeStore("in a Redis cluster", openCluster);
