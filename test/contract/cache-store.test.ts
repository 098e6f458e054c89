import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { createRedisStore, type SharedStore } from "../../src/cache/index.js";
import type { ReadRequest, StoredEntry, StoreKey } from "../../src/cache/store.js";
import { systemClock } from "../../src/clock.js";
import { FakeClock } from "../support/fake-clock.js";
import { createMemoryStore, MemoryState } from "../support/memory-store.js";
import { connectTestRedis, redisConfig } from "../support/redis.js";
import { silentCacheEvents } from "../support/silent-events.js";
import { until } from "../support/until.js";

const PROOF_MS = 60_000;
const key: StoreKey = { group: "project-1/10", part: "list", name: "alice:versions" };
const details: StoreKey = { group: "project-1/10", part: "v20", name: "alice:version:20" };

/** Two replicas' stores, as they see the same data. */
interface Pair {
  stores: [SharedStore, SharedStore];
  now(): number;
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

async function memoryPair(): Promise<Pair> {
  const clock = new FakeClock();
  const state = new MemoryState();
  const stores: [SharedStore, SharedStore] = [
    createMemoryStore({ clock, state }),
    createMemoryStore({ clock, state }),
  ];
  return { stores, now: clock.now, pass: (ms) => clock.advance(ms), close: async () => {} };
}

async function redisPair(): Promise<Pair> {
  const { keyPrefix } = redisConfig();
  const connections = await Promise.all([
    connectTestRedis({ keyPrefix, timeoutMs: 10_000 }),
    connectTestRedis({ keyPrefix, timeoutMs: 10_000 }),
  ]);
  const log = pino({ level: "silent" });
  const [a, b] = connections.map((redis) =>
    createRedisStore(redis, { clock: systemClock, log, events: silentCacheEvents }),
  );
  if (a === undefined || b === undefined) throw new Error("two stores are needed");
  await until("both stores hear the channel", () => a.isTold() && b.isTold());
  return {
    stores: [a, b],
    now: systemClock.now,
    pass: (ms) => sleep(ms),
    async close() {
      await Promise.all([a.close(), b.close()]);
      await Promise.all(connections.map((redis) => redis.close()));
    },
  };
}

describe.each([
  ["memory", memoryPair],
  ["Redis", redisPair],
])("The shared store in %s", (_name, createPair) => {
  let pair: Pair;

  async function open(): Promise<Pair> {
    pair = await createPair();
    return pair;
  }

  afterEach(() => pair.close());

  function entry(json: string, overrides: Partial<StoredEntry> = {}): StoredEntry {
    return { json, beganAt: pair.now(), answeredAt: pair.now(), ttlMs: 20_000, ...overrides };
  }

  function request(overrides: Partial<ReadRequest> = {}): ReadRequest {
    return { key, credentialId: "alice", proven: true, proofTtlMs: PROOF_MS, ...overrides };
  }

  function lock(token: string, leaseMs = 20_000) {
    return { lock: { token, leaseMs } };
  }

  async function put(store: SharedStore, kept: StoredEntry, at = key): Promise<boolean> {
    const { generation } = await store.read(request({ key: at }));
    return store.write({ key: at, generation, entry: kept, staleMs: 0 });
  }

  it("gives every replica what one of them has written", async () => {
    const { stores } = await open();
    const [a, b] = stores;
    expect(await put(a, entry('{"a":"ü"}'))).toBe(true);
    const found = (await b.read(request())).entry;
    expect(found?.json).toBe('{"a":"ü"}');
    expect(found?.ttlMs).toBe(20_000);
    expect(Math.abs((found?.answeredAt ?? 0) - pair.now())).toBeLessThan(5_000);
  });

  it("has nothing under another name of the same group", async () => {
    const { stores } = await open();
    await put(stores[0], entry("1"));
    expect((await stores[1].read(request({ key: { ...key, name: "bob:versions" } }))).entry).toBeUndefined();
  });

  it("forgets an entry when its TTL and the time past its end are over", async () => {
    const { stores } = await open();
    await put(stores[0], entry("1", { ttlMs: 300 }));
    await pair.pass(400);
    expect((await stores[1].read(request())).entry).toBeUndefined();
  });

  it("does not keep an answer whose TTL is 0", async () => {
    const { stores } = await open();
    await put(stores[0], entry("1", { ttlMs: 0 }));
    expect((await stores[0].read(request())).entry).toBeUndefined();
  });

  it("keeps the answer of the later call when an earlier one ends last", async () => {
    const { stores } = await open();
    await put(stores[0], entry("later"));
    expect(await put(stores[1], entry("earlier", { beganAt: pair.now() - 5_000 }))).toBe(true);
    expect((await stores[1].read(request())).entry?.json).toBe("later");
  });

  it("drops all of a group when it is invalidated, and tells the other replicas alone", async () => {
    const { stores } = await open();
    const told: unknown[][] = [];
    for (const [index, store] of stores.entries()) {
      const invalidated = (group: string, parts?: readonly string[]) => told.push([index, group, parts]);
      store.listen({ invalidated, released() {}, restored() {} });
    }
    await put(stores[0], entry("1"));
    await put(stores[0], entry("2"), details);
    await stores[0].invalidate(key.group);
    expect((await stores[0].read(request())).entry).toBeUndefined();
    expect((await stores[1].read(request({ key: details }))).entry).toBeUndefined();
    await until("the other replica is told", () => told.length > 0);
    expect(told).toEqual([[1, key.group, undefined]]);
  });

  it("does not write back what was fetched before an invalidation", async () => {
    const { stores } = await open();
    const before = await stores[0].read(request());
    await stores[1].invalidate(key.group);
    const { generation } = before;
    expect(await stores[0].write({ key, generation, entry: entry("old"), staleMs: 0 })).toBe(false);
    expect((await stores[0].read(request())).entry).toBeUndefined();
  });

  it("leaves other groups alone when one is invalidated", async () => {
    const { stores } = await open();
    const other = { ...key, group: "project-1/11" };
    await put(stores[0], entry("1"), other);
    await stores[0].invalidate(key.group);
    expect((await stores[0].read(request({ key: other }))).entry?.json).toBe("1");
  });

  it("gives the right to load to one, and to the next when it is given back", async () => {
    const { stores } = await open();
    const released: string[] = [];
    stores[1].listen({ invalidated() {}, released: (name) => released.push(name), restored() {} });
    const first = (await stores[0].read(request(lock("token-1")))).lock;
    expect(first?.token).toBe("token-1");
    expect((await stores[1].read(request(lock("token-2")))).lock?.token).toBe("token-1");
    expect((await stores[1].read(request(lock("token-2")))).lock?.token).toBe("token-1");
    await stores[0].release(key.group, first);
    await until("the one who waits is told", () => released.includes(first?.name ?? ""));
    expect((await stores[1].read(request(lock("token-2")))).lock?.token).toBe("token-2");
  });

  it("gives the right to load back with the answer, and wakes those who wait", async () => {
    const { stores } = await open();
    const released: string[] = [];
    stores[1].listen({ invalidated() {}, released: (name) => released.push(name), restored() {} });
    const { generation, lock: held } = await stores[0].read(request(lock("token-1")));
    await stores[1].read(request(lock("token-2")));
    if (held === undefined) throw new Error("the lock was not given");
    await stores[0].write({ key, generation, entry: entry("1"), staleMs: 0, lock: held });
    await until("the one who waits is told", () => released.includes(held.name));
    expect(await stores[1].read(request(lock("token-2")))).toMatchObject({ entry: { json: "1" } });
  });

  it("does not take the right to load from another who got it meanwhile", async () => {
    const { stores } = await open();
    const { lock: held } = await stores[0].read(request(lock("token-1")));
    await stores[1].release(key.group, { name: held?.name ?? "", token: "token-0" });
    expect((await stores[1].read(request(lock("token-2")))).lock?.token).toBe("token-1");
  });

  it("lets another load when the one who had the right says nothing for a lease", async () => {
    const { stores } = await open();
    await stores[0].read(request(lock("token-1", 300)));
    await pair.pass(400);
    expect((await stores[1].read(request(lock("token-2")))).lock?.token).toBe("token-2");
  });

  it("sets a lease anew for its holder alone, also while others wait", async () => {
    const { stores } = await open();
    const { lock: held } = await stores[0].read(request(lock("token-1")));
    if (held === undefined) throw new Error("the lock was not given");
    await stores[1].read(request(lock("token-2")));
    await stores[0].extend(key.group, held, 300);
    await stores[1].extend(key.group, { ...held, token: "token-2" }, 60_000);
    await pair.pass(400);
    expect((await stores[1].read(request(lock("token-2")))).lock?.token).toBe("token-2");
  });

  it("gives no right to load where there is a fresh answer that the credential may have", async () => {
    const { stores } = await open();
    await put(stores[0], entry("1"));
    expect((await stores[1].read(request(lock("token-1")))).lock).toBeUndefined();
  });

  it("gives the right to load where the answer is past its end, and the answer with it", async () => {
    const { stores } = await open();
    const { generation } = await stores[0].read(request());
    await stores[0].write({ key, generation, entry: entry("1", { ttlMs: 100 }), staleMs: 60_000 });
    await pair.pass(200);
    const read = await stores[1].read(request(lock("token-1")));
    expect(read.entry?.json).toBe("1");
    expect(read.lock?.token).toBe("token-1");
  });

  it("lets each credential without a proof load for itself what the project shares", async () => {
    const { stores } = await open();
    const shared = { ...key, name: "*:versions" };
    await put(stores[0], entry("1"), shared);
    const unproven = { key: shared, proven: false, ...lock("token-1") };
    const alice = await stores[0].read(request(unproven));
    const bob = await stores[0].read(request({ ...unproven, credentialId: "bob", ...lock("token-2") }));
    expect(alice.lock?.token).toBe("token-1");
    expect(bob.lock?.token).toBe("token-2");
  });

  it("gives one right to load what is one credential's alone, whether it has proven its access or not", async () => {
    const { stores } = await open();
    await stores[0].read(request({ proven: false, ...lock("token-1") }));
    expect((await stores[1].read(request(lock("token-2")))).lock?.token).toBe("token-1");
  });

  describe("asked for one entry or another that would do as well", () => {
    const either = (overrides: Partial<ReadRequest> = {}) =>
      request({ key: details, substitute: key, ...lock("token-1"), ...overrides });

    it("gives both, and no right to load where either is fresh", async () => {
      const { stores } = await open();
      await put(stores[0], entry("list"));
      const list = await stores[1].read(either());
      expect([list.entry, list.substitute?.json, list.lock]).toEqual([undefined, "list", undefined]);
      await put(stores[0], entry("20"), details);
      const both = await stores[1].read(either());
      expect([both.entry?.json, both.substitute?.json, both.lock]).toEqual(["20", "list", undefined]);
    });

    it("gives the right to load where neither is there", async () => {
      const { stores } = await open();
      const { entry: found, substitute, lock: given } = await stores[0].read(either());
      expect([found, substitute, given?.token]).toEqual([undefined, undefined, "token-1"]);
    });

    it("gives the right to load and not the other where that is past its end", async () => {
      const { stores } = await open();
      const { generation } = await stores[0].read(request());
      await stores[0].write({ key, generation, entry: entry("list", { ttlMs: 100 }), staleMs: 60_000 });
      await pair.pass(200);
      const { substitute, lock: given } = await stores[1].read(either());
      expect([substitute, given?.token]).toEqual([undefined, "token-1"]);
    });

    it("gives the right to load and not the other to a credential without a proof", async () => {
      const { stores } = await open();
      await put(stores[0], entry("list"));
      const { substitute, lock: given } = await stores[1].read(either({ proven: false }));
      expect([substitute, given?.token]).toEqual([undefined, "token-1"]);
    });

    it("gives the other where the proof comes with it", async () => {
      const { stores } = await open();
      await put(stores[0], entry("list"));
      await stores[0].recordProof(key.group, "alice", PROOF_MS);
      expect((await stores[1].read(either({ proven: false }))).substitute?.json).toBe("list");
    });

    it("gives none that was invalidated, with its group or by itself", async () => {
      const { stores } = await open();
      await put(stores[0], entry("list"));
      await put(stores[0], entry("20"), details);
      const quietSince = pair.now() - 60_000;
      const dropped = [key.part];
      await stores[0].observe({ key: details, entry: entry("new"), staleMs: 0, quietSince, dropped });
      const { entry: found, substitute } = await stores[1].read(either());
      expect([found?.json, substitute]).toEqual(["20", undefined]);
      await put(stores[0], entry("list"));
      await stores[0].invalidate(key.group);
      expect((await stores[1].read(either())).substitute).toBeUndefined();
    });
  });

  it("shares a proof between replicas, for its credential and group alone", async () => {
    const { stores } = await open();
    await stores[0].read(request());
    await stores[0].recordProof(key.group, "alice", PROOF_MS);
    expect(await stores[1].readProof(key.group, "alice", PROOF_MS)).toBeLessThan(5_000);
    expect(await stores[1].readProof(key.group, "bob", PROOF_MS)).toBeUndefined();
    expect(await stores[1].readProof("project-1/11", "alice", PROOF_MS)).toBeUndefined();
  });

  it("gives the proof together with the entry", async () => {
    const { stores } = await open();
    await put(stores[0], entry("1"));
    await stores[0].recordProof(key.group, "alice", PROOF_MS);
    const read = await stores[1].read(request({ proven: false, ...lock("token-1") }));
    expect(read.proofAgeMs).toBeLessThan(5_000);
    expect(read.lock).toBeUndefined();
  });

  it("records a proof together with a write, for its credential alone", async () => {
    const { stores } = await open();
    const { generation } = await stores[0].read(request());
    const proof = { credentialId: "alice", ttlMs: PROOF_MS };
    await stores[0].write({ key, generation, entry: entry("1"), staleMs: 0, proof });
    expect(await stores[1].readProof(key.group, "alice", PROOF_MS)).toBeLessThan(5_000);
    expect(await stores[1].readProof(key.group, "bob", PROOF_MS)).toBeUndefined();
  });

  it("records it also where the entry is too late to be kept", async () => {
    const { stores } = await open();
    const { generation } = await stores[0].read(request());
    await stores[1].invalidate(key.group);
    const proof = { credentialId: "alice", ttlMs: PROOF_MS };
    expect(await stores[0].write({ key, generation, entry: entry("1"), staleMs: 0, proof })).toBe(false);
    expect(await stores[1].readProof(key.group, "alice", PROOF_MS)).toBeLessThan(5_000);
  });

  it("forgets what was recorded with a write after its time", async () => {
    const { stores } = await open();
    const { generation } = await stores[0].read(request());
    const proof = { credentialId: "alice", ttlMs: 300 };
    await stores[0].write({ key, generation, entry: entry("1"), staleMs: 0, proof });
    await pair.pass(400);
    expect(await stores[1].readProof(key.group, "alice", 300)).toBeUndefined();
  });

  it("forgets a proof after its time", async () => {
    const { stores } = await open();
    await stores[0].read(request());
    await stores[0].recordProof(key.group, "alice", 300);
    await pair.pass(400);
    expect(await stores[1].readProof(key.group, "alice", 300)).toBeUndefined();
    expect((await stores[1].read(request({ proofTtlMs: 300 }))).proofAgeMs).toBeUndefined();
  });

  describe("looked into for several entries at once", () => {
    const other: StoreKey = { group: "project-1/10", part: "v21", name: "alice:version:21" };

    function peek(store: SharedStore, keys: StoreKey[] = [key, details, other]) {
      return store.peek({ group: key.group, keys, credentialId: "alice", proofTtlMs: PROOF_MS });
    }

    const jsonOf = ({ entries }: Awaited<ReturnType<typeof peek>>) => entries.map((found) => found?.json);

    it("gives those that it has, in the order of the keys", async () => {
      const { stores } = await open();
      await put(stores[0], entry("list"));
      await put(stores[0], entry("21", { ttlMs: 7_000 }), other);
      const found = await peek(stores[1]);
      expect(jsonOf(found)).toEqual(["list", undefined, "21"]);
      expect(found.entries[2]?.ttlMs).toBe(7_000);
      expect(jsonOf(await peek(stores[1], [other, key]))).toEqual(["21", "list"]);
    });

    it("gives nothing of a group that nothing was written to", async () => {
      const { stores } = await open();
      expect(await peek(stores[0])).toEqual({ entries: [undefined, undefined, undefined] });
    });

    it("gives none that was invalidated, with its group or by itself", async () => {
      const { stores } = await open();
      for (const [at, json] of [
        [key, "list"],
        [details, "20"],
        [other, "21"],
      ] as const)
        await put(stores[0], entry(json), at);
      await stores[0].observe({
        key,
        entry: entry("new"),
        staleMs: 0,
        quietSince: pair.now() - 60_000,
        dropped: [details.part],
      });
      expect(jsonOf(await peek(stores[1]))).toEqual(["list", undefined, "21"]);
      await stores[0].invalidate(key.group);
      expect(jsonOf(await peek(stores[1]))).toEqual([undefined, undefined, undefined]);
    });

    it("tells of the credential's proof, where it holds, and takes no right to load", async () => {
      const { stores } = await open();
      expect((await peek(stores[1])).proofAgeMs).toBeUndefined();
      await stores[0].recordProof(key.group, "alice", PROOF_MS);
      expect((await peek(stores[1])).proofAgeMs).toBeLessThan(5_000);
      await stores[0].recordProof(key.group, "bob", PROOF_MS);
      await stores[0].revokeProof(key.group, "alice", PROOF_MS);
      expect((await peek(stores[1])).proofAgeMs).toBeUndefined();
      expect((await stores[0].read(request(lock("token-1")))).lock?.token).toBe("token-1");
    });
  });

  it("forgets a revoked proof at once", async () => {
    const { stores } = await open();
    await stores[0].read(request());
    await stores[0].recordProof(key.group, "alice", PROOF_MS);
    await stores[0].revokeProof(key.group, "alice", PROOF_MS);
    expect(await stores[1].readProof(key.group, "alice", PROOF_MS)).toBeUndefined();
  });

  it.each<[string, (store: SharedStore, generation: string) => Promise<unknown>]>([
    [
      "with an answer",
      (store, generation) => {
        const proof = { credentialId: "alice", ttlMs: PROOF_MS };
        return store.write({ key, generation, entry: entry("1"), staleMs: 0, proof });
      },
    ],
    ["by itself", (store) => store.recordProof(key.group, "alice", PROOF_MS)],
  ])("takes a proof again after it was revoked %s", async (_way, record) => {
    const { stores } = await open();
    const { generation } = await stores[0].read(request());
    await stores[0].revokeProof(key.group, "alice", PROOF_MS);
    // Redis's clock is known to within the time that an answer of it took: what is closer to the revocation counts as earlier.
    await until("the proof is taken", async () => {
      await pair.pass(5);
      await record(stores[0], generation);
      return (await stores[1].readProof(key.group, "alice", PROOF_MS)) !== undefined;
    });
  });

  it("forgets an entry that is known to be gone", async () => {
    const { stores } = await open();
    await put(stores[0], entry("1"));
    await stores[0].release(key.group, undefined, key.name);
    expect((await stores[1].read(request())).entry).toBeUndefined();
  });

  describe("when a poll has seen a job", () => {
    function observation(json: string, dropped: string[], tookMs = 100) {
      return { key, entry: entry(json), staleMs: 0, quietSince: pair.now() - tookMs, dropped };
    }

    /** A group whose latest invalidation is longer ago than a poll takes. */
    async function openQuiet(): Promise<[SharedStore, SharedStore]> {
      const { stores } = await open();
      await put(stores[0], entry("old list"));
      await put(stores[0], entry("old details"), details);
      await pair.pass(200);
      return stores;
    }

    it("keeps its list in place of the older one", async () => {
      const [a, b] = await openQuiet();
      await a.observe(observation("new list", []));
      expect((await b.read(request())).entry?.json).toBe("new list");
    });

    it("drops the parts that have changed, for everyone, and tells the other replicas", async () => {
      const [a, b] = await openQuiet();
      const told: unknown[][] = [];
      b.listen({ invalidated: (...args) => told.push(args), released() {}, restored() {} });
      await put(a, entry("of bob"), { ...key, name: "bob:versions" });
      await a.observe(observation("new list", ["list", "v20"]));
      expect((await b.read(request())).entry?.json).toBe("new list");
      expect((await b.read(request({ key: details }))).entry).toBeUndefined();
      expect((await b.read(request({ key: { ...key, name: "bob:versions" } }))).entry).toBeUndefined();
      await until("the other replica is told", () => told.length > 0);
      expect(told).toEqual([[key.group, ["list", "v20"]]]);
    });

    it("leaves what has not changed", async () => {
      const [a, b] = await openQuiet();
      await a.observe(observation("new list", ["list", "v21"]));
      expect((await b.read(request({ key: details }))).entry?.json).toBe("old details");
    });

    it("does not write back parts that were fetched before", async () => {
      const [a, b] = await openQuiet();
      const { generation } = await b.read(request({ key: details }));
      await a.observe(observation("new list", ["list", "v20"]));
      expect(await b.write({ key: details, generation, entry: entry("older"), staleMs: 0 })).toBe(false);
    });

    it("does not keep its list when the job was invalidated while it may have been under way", async () => {
      const [a, b] = await openQuiet();
      await b.invalidate(key.group);
      await a.observe(observation("from before", ["list"], 30_000));
      expect((await b.read(request())).entry).toBeUndefined();
    });

    it("does not keep its list either when it is that late that Redis gets it", async () => {
      const [a, b] = await openQuiet();
      const seen = observation("from before", ["list"], 0);
      await pair.pass(50);
      await b.invalidate(key.group);
      await pair.pass(200);
      await a.observe(seen);
      expect((await b.read(request())).entry).toBeUndefined();
    });
  });
});
