import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createRedisStore } from "../../src/cache/index.js";
import { systemClock } from "../../src/clock.js";
import type { RedisTarget } from "../../src/config/redis-config.js";
import { connectRedis } from "../../src/redis.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { silentCacheEvents } from "../support/silent-events.js";
import { until } from "../support/until.js";
import { caller, completed, details, firstPage, id, job, page, version } from "../unit/cache/data.js";
import { replicaWith } from "../unit/cache/replica.js";
import { ScriptedUpstream } from "../unit/cache/scripted-upstream.js";

const PREFIX = "gateway-test:";
const LASTING = { activeTtlMs: 600_000, terminalTtlMs: 600_000, specsTtlMs: 600_000 };
const TIMEOUT_MS = 300;
const { credentialId } = caller();
/** The job's list, and a version that nobody has looked up. */
const LIST = { group: "project-1/10", part: "list", name: `${credentialId}:versions` };
const UNKNOWN = { group: "project-1/10", part: "v99", name: `${credentialId}:version:99` };

/** What is undone at the end of a test, latest first. */
const undo: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

/** A replica on a Redis, whose upstream answers at once with the number of calls so far. */
async function openReplica(target: RedisTarget, events: Parameters<typeof replicaWith>[0]["events"] = {}) {
  const log = pino({ level: "silent" });
  const redis = await connectRedis({ target, tls: false, keyPrefix: PREFIX, timeoutMs: TIMEOUT_MS }, log);
  undo.push(() => redis.close());
  const store = createRedisStore(redis, { clock: systemClock, log, events: silentCacheEvents });
  const upstream = new ScriptedUpstream();
  upstream.answering = ({ method, args }) => {
    const jobDesc = String(upstream.calls.length);
    if (method === "listVersions") return job([version(20)], { jobDesc });
    if (method === "getVersion") return details(Number(args[1]), { ...completed, jobDesc });
    return method === "listJobs" ? page(upstream.calls.length) : [];
  };
  const r = replicaWith({
    upstream,
    clock: systemClock,
    store,
    config: LASTING,
    proofTtlMs: 600_000,
    events,
  });
  undo.push(() => r.lookups.close());
  const list = async (jobId = 10) => (await r.operation().trainingJob(id(jobId)))?.jobDesc;
  return { ...r, store, redis, list };
}

const told = (...replicas: { store: { isTold(): boolean } }[]) =>
  until("the replicas hear the channel", () => replicas.every((r) => r.store.isTold()));

describe("The cache on a Redis of its own", () => {
  let server: RedisServer;
  let admin: Redis;

  beforeAll(async () => {
    server = await startRedis();
    admin = new Redis(server.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(() => admin.flushall());

  const acceptWrites = () => admin.config("SET", "min-replicas-to-write", "0");
  /** Until the end of the test. It reads on, as one without memory does. */
  async function refuseWrites(): Promise<void> {
    await admin.config("SET", "min-replicas-to-write", "1");
    undo.push(acceptWrites);
  }

  const open = (events = {}) => openReplica({ kind: "single", url: server.url }, events);
  const keys = (kind: string) => admin.keys(`${PREFIX}*:${kind}*`);

  async function openTwo() {
    const both = [await open(), await open()] as const;
    await told(...both);
    return both;
  }

  /** Looks everything up once, and waits until it is written. */
  async function fill(r: Awaited<ReturnType<typeof open>>): Promise<void> {
    const lookups = r.operation();
    await r.list();
    await lookups.trainingJobs({ ...firstPage, searchContent: "a {b} c" });
    await lookups.trainingJobVersion(id(10), id(20), "details");
    await lookups.engineSpecs("TRAIN");
    await lookups.resourceSpecs({ jobType: "TRAIN" });
    await until("all is written", async () => (await keys("entry:")).length === 5);
    await until("all is given back", async () => (await keys("lock:")).length === 0);
  }

  it("keeps keys that expire, start with the prefix, and hold no token", async () => {
    const [a] = await openTwo();
    await fill(a);
    const all = await admin.keys("*");
    expect(all.every((key) => key.startsWith(PREFIX))).toBe(true);
    for (const key of all) expect(await admin.pttl(key)).toBeGreaterThan(0);
    const { credential } = caller();
    const token = credential.kind === "token" ? credential.token : "none";
    expect(all.filter((key) => key.includes(token))).toEqual([]);
    for (const key of await keys("entry:")) expect(await admin.get(key)).not.toContain(token);
  });

  it.each([
    ["nothing", () => ""],
    ["something else", () => "not what this gateway writes"],
    ["half of it", (text: string) => text.slice(0, text.length / 2)],
    ["one digit changed", (text: string) => text.replace('"jobDesc":"1"', '"jobDesc":"7"')],
    ["a time changed", (text: string) => text.replace(/^(\d+):(\d+)/, "$1:9999999999999")],
    ["another format", (text: string) => text.slice(text.indexOf("{"))],
  ])("counts an entry as a miss that holds %s", async (_what, damage) => {
    const [a, b] = await openTwo();
    await fill(a);
    const [key = ""] = (await keys("entry:")).filter((name) => name.endsWith(":versions"));
    const text = (await admin.get(key)) ?? "";
    expect(damage(text)).not.toBe(text);
    await admin.set(key, damage(text), "PX", 60_000);
    expect(await b.list()).toBe("1");
    expect(b.upstream.of("listVersions")).toHaveLength(1);
  });

  it("counts a proof that cannot be read as none", async () => {
    const [a, b] = await openTwo();
    await fill(a);
    for (const key of await keys("proof:")) await admin.set(key, "not a time", "PX", 60_000);
    expect(await b.proofs.holds(caller(), { jobId: id(10) })).toBe(false);
  });

  it("goes on when Redis has forgotten its scripts", async () => {
    const [a, b] = await openTwo();
    await fill(a);
    await admin.script("FLUSH");
    expect(await b.list()).toBe("1");
    expect(b.upstream.calls).toHaveLength(0);
  });

  it("asks anew when Redis was emptied, and never takes up what was written before", async () => {
    const [a, b] = await openTwo();
    await fill(a);
    await admin.flushall();
    expect(await b.list()).toBe("1");
    expect(b.upstream.calls).toHaveLength(1);
  });

  it("makes nothing younger than it is when its answer is read late", async () => {
    const [a, b] = await openTwo();
    await a.list();
    const answeredBy = Date.now();
    await until("it is written", async () => (await keys("entry:")).length === 1);
    const key = LIST;
    const reading = b.store.read({ key, credentialId, proven: false, proofTtlMs: 600_000 });
    await new Promise(setImmediate);
    const busyUntil = Date.now() + TIMEOUT_MS;
    while (Date.now() < busyUntil);
    const read = await reading;
    expect(read.entry?.answeredAt).toBeLessThanOrEqual(answeredBy);
    expect(read.proofAgeMs).toBeGreaterThanOrEqual(busyUntil - answeredBy);
  });

  it("makes no proof younger that Redis records late, and tells of late", async () => {
    const [a, b] = await openTwo();
    await a.list();
    const { answering } = a.upstream;
    a.upstream.answering = (call) => {
      server.pause();
      return answering?.(call);
    };
    await a.list(11);
    const provenBy = Date.now();
    await sleep(TIMEOUT_MS / 2);
    server.resume();
    await until("the proof is recorded", async () => (await keys("proof:")).length === 2);
    const group = "project-1/11";
    const key = { group, part: "list", name: `${credentialId}:versions` };
    const peek = () => b.store.peek({ group, keys: [key], credentialId, proofTtlMs: 600_000 });
    // From then on Redis knows the script.
    await peek();
    const peeking = peek();
    await new Promise(setImmediate);
    const busyUntil = Date.now() + TIMEOUT_MS;
    while (Date.now() < busyUntil);
    const { entries, proofAgeMs } = await peeking;
    expect(entries[0]?.answeredAt).toBeLessThanOrEqual(provenBy);
    expect(proofAgeMs).toBeGreaterThanOrEqual(busyUntil - provenBy);
  });

  it("has no proof of before it was revoked, however late another replica tells of it", async () => {
    const a = await open();
    let behindMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() - behindMs };
    const b = createRedisStore(a.redis, { clock, log: pino({ level: "silent" }), events: silentCacheEvents });
    undo.push(() => b.close());
    await until("Redis's time is known", () => b.isTold());
    await a.store.revokeProof(LIST.group, credentialId, 600_000);
    behindMs = 5_000;
    await b.recordProof(LIST.group, credentialId, 600_000);
    expect(await a.store.readProof(LIST.group, credentialId, 600_000)).toBeUndefined();
  });

  it.each([
    ["with an answer", true],
    ["by itself", false],
  ])(
    "has no proof that was revoked before Redis knew the script that records it %s",
    async (_, hasAnswer) => {
      const [a, b] = await openTwo();
      const key = LIST;
      const { generation } = await a.store.read({ key, credentialId, proven: true, proofTtlMs: 600_000 });
      await admin.script("FLUSH");
      // Redis knows the script that revokes.
      await a.store.revokeProof("project-1/11", credentialId, 600_000);
      const now = Date.now();
      const entry = { json: "{}", beganAt: now, answeredAt: now, ttlMs: 600_000 };
      const proof = { credentialId, ttlMs: 600_000 };
      const recording: Promise<unknown> = hasAnswer
        ? a.store.write({ key, generation, entry, staleMs: 0, proof })
        : a.store.recordProof(key.group, credentialId, 600_000);
      while (Date.now() < now + 3);
      await Promise.all([recording, a.store.revokeProof(key.group, credentialId, 600_000)]);
      expect(await b.proofs.holds(caller(), { jobId: id(10) })).toBe(false);
    },
  );

  it("refuses to look into what it has of a job while an invalidation of it has not reached it", async () => {
    const [a] = await openTwo();
    await fill(a);
    const { group } = LIST;
    const peek = () => a.store.peek({ group, keys: [LIST], credentialId, proofTtlMs: 600_000 });
    expect((await peek()).entries[0]).toBeDefined();
    server.pause();
    const underWay = expect(peek()).rejects.toThrow();
    await a.store.invalidate(group).catch(() => {});
    await underWay;
    await expect(peek()).rejects.toThrow("not confirmed");
    server.resume();
    await until("the invalidation is repeated", () =>
      peek().then(
        ({ entries }) => entries[0] === undefined,
        () => false,
      ),
    );
  });

  it("refuses what it looks into behind an invalidation that Redis refuses", async () => {
    const [a] = await openTwo();
    await fill(a);
    const key = LIST;
    await refuseWrites();
    const invalidation = expect(a.store.invalidate(key.group)).rejects.toThrow("NOREPLICAS");
    const asking = { credentialId, proofTtlMs: 600_000 };
    const reading = a.store.read({ ...asking, key, proven: true });
    await Promise.all([
      invalidation,
      expect(a.store.peek({ ...asking, group: key.group, keys: [key] })).rejects.toThrow("not confirmed"),
    ]);
    expect((await reading).entry).toBeUndefined();
    await expect(a.store.read({ ...asking, key, proven: true })).rejects.toThrow("not confirmed");
  });

  it("refuses what it looks into behind what a poll saw and Redis refuses", async () => {
    const [a] = await openTwo();
    await fill(a);
    const key = LIST;
    await refuseWrites();
    const now = Date.now();
    const entry = { json: "{}", beganAt: now, answeredAt: now, ttlMs: 600_000 };
    const observation = a.store.observe({ key, entry, staleMs: 0, quietSince: now, dropped: [key.part] });
    const reading = a.store.read({ key, credentialId, proofTtlMs: 600_000, proven: true });
    await expect(observation).rejects.toThrow("NOREPLICAS");
    expect((await reading).entry).toBeUndefined();
  });

  it.each([
    ["what it has when an invalidation under way has ended", LIST, ["invalidated", "read"]],
    ["at once that it has nothing", UNKNOWN, ["read", "invalidated"]],
  ])("tells %s", async (_, key, expected) => {
    const [a] = await openTwo();
    await fill(a);
    const order: string[] = [];
    const reading = a.store.read({ key, credentialId, proofTtlMs: 600_000, proven: true });
    const invalidation = a.store.invalidate(key.group);
    await Promise.all([
      reading.then(() => order.push("read")),
      invalidation.then(() => order.push("invalidated")),
    ]);
    expect(order).toEqual(expected);
  });

  it("tells of the right to load that Redis has given behind an invalidation that it refused", async () => {
    const [a, b] = await openTwo();
    await a.list();
    const key = UNKNOWN;
    const asking = { key, credentialId, proofTtlMs: 600_000, proven: true };
    await admin.acl("SETUSER", "default", "-publish");
    undo.push(() => admin.acl("SETUSER", "default", "+publish"));
    const invalidation = expect(a.store.invalidate(key.group)).rejects.toThrow("can't run this command");
    const { lock } = await a.store.read({ ...asking, lock: { token: "a", leaseMs: 60_000 } });
    await invalidation;
    expect(lock?.token).toBe("a");
    await a.store.release(key.group, lock);
    const next = await b.store.read({ ...asking, lock: { token: "b", leaseMs: 60_000 } });
    expect(next.lock?.token).toBe("b");
  });

  it("gives the right to load back although it refuses the answer", async () => {
    const [a, b] = await openTwo();
    await a.list();
    const key = UNKNOWN;
    const asking = { key, credentialId, proofTtlMs: 600_000, proven: true };
    const { lock, generation } = await a.store.read({ ...asking, lock: { token: "a", leaseMs: 60_000 } });
    await refuseWrites();
    await expect(a.store.invalidate(key.group)).rejects.toThrow("NOREPLICAS");
    await acceptWrites();
    if (lock === undefined) throw new Error("the lock was not given");
    const now = Date.now();
    const entry = { json: "{}", beganAt: now, answeredAt: now, ttlMs: 600_000 };
    const written = a.store.write({ key, generation, entry, staleMs: 0, lock });
    await written.catch(() => {});
    const next = await b.store.read({ ...asking, lock: { token: "b", leaseMs: 60_000 } });
    expect(next.lock?.token).toBe("b");
  });

  /** Until the end of the test, unless it allows it again. Returns how to wait for a client that is refused. */
  async function refuseSubscribers(): Promise<() => Promise<void>> {
    await admin.acl("SETUSER", "default", "-subscribe");
    undo.push(() => admin.acl("SETUSER", "default", "+subscribe"));
    await admin.call("ACL", "LOG", "RESET");
    return async () => {
      await until("a subscriber is refused", async () => {
        const refusals = (await admin.call("ACL", "LOG")) as unknown[];
        return refusals.length > 0;
      });
    };
  }

  it("is listened to once its user may subscribe", async () => {
    const refused = await refuseSubscribers();
    const a = await open();
    await refused();
    expect(a.store.isTold()).toBe(false);
    await admin.acl("SETUSER", "default", "+subscribe");
    await told(a);
  });

  it("is listened to again once its user may, who might not when it connected again", async () => {
    const a = await open();
    await told(a);
    const refused = await refuseSubscribers();
    await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
    await refused();
    await until("it is deaf", () => !a.store.isTold());
    await admin.acl("SETUSER", "default", "+subscribe");
    await told(a);
  });

  it("is not taken for slow while it is this process that is busy", async () => {
    const failures: string[] = [];
    const a = await open({ storeFailed: (operation: string) => failures.push(operation) });
    await told(a);
    const found = a.list();
    await new Promise(setImmediate);
    const end = performance.now() + 3 * TIMEOUT_MS;
    while (performance.now() < end);
    expect(await found).toBe("1");
    await until("the answer is shared", async () => (await keys("entry:")).length === 1);
    expect(failures).toEqual([]);
  });

  it("repeats an invalidation that Redis did not take, and trusts none of the job's entries there until then", async () => {
    const [a, b] = await openTwo();
    await fill(a);
    expect(await b.list()).toBe("1");
    server.pause();
    await a.lookups.invalidateJob(caller().projectId, id(10));
    server.resume();
    const shown = Number(await a.list());
    expect(shown).toBeGreaterThan(1);
    await until(
      "the other one asks anew",
      async () => (await b.list()) !== "1" || b.upstream.calls.length > 0,
    );
  });
});

describe("The cache on a Redis Cluster", () => {
  it("touches keys of one slot only in each call", async () => {
    const server = await startRedis(["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]);
    undo.push(() => server[Symbol.asyncDispose]());
    const admin = new Redis(server.url);
    undo.push(async () => admin.disconnect());
    await admin.cluster("ADDSLOTSRANGE", 0, 16_383);
    await until("the cluster is up", async () =>
      String(await admin.cluster("INFO")).includes("cluster_state:ok"),
    );
    const failures: string[] = [];
    const events = { storeFailed: (operation: string) => failures.push(operation) };
    const nodes = [{ host: "127.0.0.1", port: server.port }];
    const [a, b] = [
      await openReplica({ kind: "cluster", nodes }, events),
      await openReplica({ kind: "cluster", nodes }, events),
    ];
    await told(a, b);
    failures.length = 0;
    expect(await a.list()).toBe("1");
    await until(
      "the other one has it",
      async () => (await b.list()) === "1" && b.upstream.calls.length === 0,
    );
    await a.lookups.observeJob(
      caller(),
      job([version(20, completed)], { jobDesc: "seen" }),
      [id(20)],
      Date.now(),
    );
    expect(await a.list()).toBe("seen");
    await a.lookups.invalidateJob(caller().projectId, id(10));
    expect(await a.list()).toBe("2");
    await until("the other one shows it", async () => (await b.list()) === "2");
    expect(failures).toEqual([]);
  });
});
