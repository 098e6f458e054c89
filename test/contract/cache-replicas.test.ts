import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { createRedisStore } from "../../src/cache/index.js";
import { type Clock, systemClock } from "../../src/clock.js";
import type { Caller } from "../../src/domain/index.js";
import { createMemoryStore, MemoryState } from "../support/memory-store.js";
import { connectTestRedis, redisConfig } from "../support/redis.js";
import { silentCacheEvents } from "../support/silent-events.js";
import { until } from "../support/until.js";
import { caller, completed, details, id, job, version } from "../unit/cache/data.js";
import { type Replica, type ReplicaOptions, replicaWith } from "../unit/cache/replica.js";
import { ScriptedUpstream, settle } from "../unit/cache/scripted-upstream.js";

type Options = Pick<ReplicaOptions<ScriptedUpstream, Clock>, "config" | "proofTtlMs">;
type RunningReplica = Replica<ScriptedUpstream, Clock>;

/** Two replicas of one set, with one upstream. */
interface ReplicaSet {
  a: RunningReplica;
  b: RunningReplica;
  upstream: ScriptedUpstream;
  close(): Promise<void>;
}

// Long enough that nothing expires while a busy machine runs a test.
const LASTING = { activeTtlMs: 600_000, terminalTtlMs: 600_000, specsTtlMs: 600_000 };

async function inMemory(options: Options): Promise<ReplicaSet> {
  const state = new MemoryState();
  const upstream = new ScriptedUpstream();
  const one = () =>
    replicaWith({
      ...options,
      upstream,
      clock: systemClock,
      store: createMemoryStore({ clock: systemClock, state }),
    });
  return { a: one(), b: one(), upstream, close: async () => {} };
}

async function onRedis(options: Options): Promise<ReplicaSet> {
  const { keyPrefix } = redisConfig();
  const log = pino({ level: "silent" });
  const upstream = new ScriptedUpstream();
  const connections = await Promise.all([
    connectTestRedis({ keyPrefix, timeoutMs: 10_000 }),
    connectTestRedis({ keyPrefix, timeoutMs: 10_000 }),
  ]);
  const stores = connections.map((redis) =>
    createRedisStore(redis, { clock: systemClock, log, events: silentCacheEvents }),
  );
  const [a, b] = stores.map((store) => replicaWith({ ...options, upstream, clock: systemClock, store }));
  if (a === undefined || b === undefined) throw new Error("two replicas are needed");
  await until("both replicas hear the channel", () => stores.every((store) => store.isTold()));
  return {
    a,
    b,
    upstream,
    async close() {
      await Promise.all([a.lookups.close(), b.lookups.close()]);
      await Promise.all(connections.map((redis) => redis.close()));
    },
  };
}

describe.each([
  ["one process", inMemory],
  ["Redis", onRedis],
])("Two replicas that share %s", (_name, create) => {
  let set: ReplicaSet;

  async function open(options: Options = {}): Promise<ReplicaSet> {
    set = await create({ config: LASTING, proofTtlMs: 600_000, ...options });
    return set;
  }

  afterEach(() => set.close());

  async function called(times: number): Promise<void> {
    await until(`the upstream is called ${times} times`, () => set.upstream.calls.length >= times);
    await settle();
  }

  async function answered<T>(found: Promise<T>, answer: unknown): Promise<T> {
    const before = set.upstream.calls.length;
    await called(before + 1);
    await set.upstream.last.answer(answer);
    return found;
  }

  const list = (r: RunningReplica, who?: Caller) => r.operation(who).trainingJob(id(10));
  const one = (r: RunningReplica, v: number, who?: Caller) =>
    r.operation(who).trainingJobVersion(id(10), id(v), "details");

  it("make one upstream call for 1,000 identical cold lookups at a time", async () => {
    const { a, b, upstream } = await open();
    const all = Promise.all(Array.from({ length: 1_000 }, (_, n) => list(n % 2 ? a : b)));
    await called(1);
    await upstream.last.answer(job([version(20)]));
    expect(new Set((await all).map((found) => found?.versions[0]?.versionId))).toEqual(new Set(["20"]));
    expect(upstream.calls).toHaveLength(1);
  });

  it("make one upstream call for 50 versions in one operation, and none for them on the other", async () => {
    const { a, b, upstream } = await open();
    const wanted = Array.from({ length: 50 }, (_, n) => id(n + 1));
    const ask = (r: RunningReplica) => {
      const lookups = r.operation();
      return Promise.all(wanted.map((v) => lookups.trainingJobVersion(id(10), v, "list")));
    };
    const found = ask(a);
    await called(1);
    await upstream.last.answer(job(wanted.map((v) => version(Number(v)))));
    expect((await found).map((v) => v?.versionId)).toEqual(wanted);
    await until("the other one has them", async () => (await ask(b)).every((v) => v !== null));
    expect(upstream.calls).toHaveLength(1);
  });

  it("show a mutation at once where it was made, and to the other as soon as it has been told", async () => {
    const { a, b, upstream } = await open();
    await answered(list(a), job([version(20)]));
    await until("both hold the list", async () => (await list(b)) !== null && upstream.calls.length === 1);
    await a.lookups.invalidateJob(caller().projectId, id(10));
    const after = job([version(21), version(20)]);
    expect(await answered(list(a), after)).toEqual(after);
    await until("the other one shows it", async () => (await list(b))?.versions.length === 2);
    expect(upstream.calls).toHaveLength(2);
  });

  it("never bring back what was in flight on one while the other invalidated it", async () => {
    const { a, b, upstream } = await open();
    const loading = list(b);
    await called(1);
    await a.lookups.invalidateJob(caller().projectId, id(10));
    const [old] = upstream.calls;
    await called(2);
    await old?.answer(job([version(20)]));
    const after = job([version(21)]);
    await upstream.last.answer(after);
    expect(await loading).toEqual(after);
    expect(await list(a)).toEqual(after);
  });

  it("show what a poll on one of them saw", async () => {
    const { a, b, upstream } = await open();
    await answered(list(a), job([version(20)]));
    await answered(one(a, 20), details(20));
    const seen = job([version(20, completed)]);
    await a.lookups.observeJob(caller(), seen, [id(20)], Date.now());
    expect(await list(a)).toEqual(seen);
    const renewed = one(b, 20);
    await called(3);
    await upstream.last.answer(details(20, completed));
    expect((await renewed)?.status).toBe("COMPLETED");
  });

  it("share nothing between two credentials, or two projects, with the same ids", async () => {
    const { a, b, upstream } = await open();
    const people = [caller("alice"), caller("bob"), caller("alice", "project-2"), caller("bob", "project-2")];
    const answerOf = (who: Caller) =>
      job([version(20)], { jobDesc: `${who.credentialId} in ${who.projectId}` });
    const ask = () => people.flatMap((who) => [a, b].map(async (r) => ({ who, found: await list(r, who) })));
    const cold = Promise.all(ask());
    await called(people.length);
    for (const call of upstream.calls) await call.answer(answerOf(call.call.caller));
    for (const { who, found } of [...(await cold), ...(await Promise.all(ask()))])
      expect(found).toEqual(answerOf(who));
    expect(upstream.calls).toHaveLength(people.length);
  });

  it("share an answer between credentials of a project once each has proven its access, on either", async () => {
    const { a, b, upstream } = await open({ config: { ...LASTING, scope: "project" } });
    const [alice, bob] = [caller("alice"), caller("bob")];
    const ofAlice = job([version(20)], { jobDesc: "loaded by alice" });
    await answered(list(a, alice), ofAlice);
    await answered(one(b, 20, bob), details(20));
    await until("bob's proof is shared", () => a.proofs.holds(bob, { jobId: id(10) }));
    expect(await list(a, bob)).toEqual(ofAlice);
    expect(await list(b, bob)).toEqual(ofAlice);
    expect(upstream.calls).toHaveLength(2);
  });

  it("let the other one load when the first fails, and give its callers the failure", async () => {
    const { a, b, upstream } = await open();
    const failing = list(a).catch((error: Error) => error.message);
    await called(1);
    const waiting = list(b);
    await settle();
    await upstream.last.fail(new Error("no answer"));
    expect(await failing).toBe("no answer");
    await called(2);
    await upstream.last.answer(job([]));
    expect(await waiting).not.toBeNull();
  });
});
