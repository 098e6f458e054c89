import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LASTING, ReplicaPair, type Which } from "../support/replica-pair.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { STATUS } from "../support/simulator.js";
import { until } from "../support/until.js";

const BOTH: readonly Which[] = [0, 1];
const LIST = "query ($j: ID!) { trainingJob(jobId: $j) { versionCount } }";
const DETAILS =
  "query ($j: ID!, $v: ID!) { trainingJobVersion(jobId: $j, versionId: $v) { status specCode } }";

const ACTIVE_MS = 1_500;
const TIMEOUT_MS = 2_000;

describe("two replicas and the Redis between them", { timeout: 120_000 }, () => {
  let pair: ReplicaPair;
  let admin: Redis;

  beforeAll(async () => {
    pair = await ReplicaPair.start({
      ...LASTING,
      CACHE_TTL_ACTIVE_MS: String(ACTIVE_MS),
      REDIS_TIMEOUT_MS: String(TIMEOUT_MS),
      KEY_HASH_SECRET: "a secret of all replicas",
    });
    admin = new Redis(pair.redis.url);
    admin.on("error", () => {});
  });
  afterAll(async () => {
    admin.disconnect();
    await pair[Symbol.asyncDispose]();
  });

  /** A job whose only version is over, so that its details stay fresh for long. */
  function newTarget(): { j: string; v: string } {
    const { id } = pair.simulator.addJob();
    return { j: String(id), v: String(pair.simulator.addVersion(id, { status: STATUS.COMPLETED }).id) };
  }

  async function status(which: Which, target: { j: string; v: string }): Promise<string> {
    return (await pair.ask(which, DETAILS, target)).data.trainingJobVersion.status;
  }

  function create(which: Which, { j, v }: { j: string; v: string }, idempotencyKey?: string) {
    const { config, ...input } = sampleInput();
    const creation = { ...input, jobId: j, config: { ...config, preVersionId: v }, idempotencyKey };
    return pair.ask(which, CREATE, { input: creation });
  }

  const entries = (end: string) => admin.keys(`${pair.keyPrefix}*:entry:*${end}`);

  /** Has the first one look it up, and waits until the second one could have it from Redis. */
  async function share(target: { j: string; v: string }): Promise<string> {
    expect(await status(0, target)).toBe("COMPLETED");
    const [key = ""] = await until("it is written", async () => {
      const keys = await entries(`:version:${target.v}`);
      return keys.length > 0 && keys;
    });
    return key;
  }

  it("carries what 40 lookups of one operation need in a few round trips", async () => {
    const targets = Array.from({ length: 40 }, newTarget);
    const fields = targets.map(
      ({ j, v }, i) => `_${i}: trainingJobVersion(jobId: "${j}", versionId: "${v}") { specCode }`,
    );
    const query = `{ ${fields.join("\n")} }`;
    await pair.ask(0, query);
    for (const { v } of targets)
      await until("it is written", async () => (await entries(`:version:${v}`)).length > 0);
    const hits = () => pair.metric(1, "cache_hits_total", { tier: "shared", kind: "version" });
    const reads = async () => Number(/total_reads_processed:(\d+)/.exec(await admin.info("stats"))?.[1]);
    const [hitsBefore, readsBefore] = [await hits(), await reads()];
    await pair.ask(1, query);
    // Beacons are among them, and this question itself.
    expect((await reads()) - readsBefore).toBeLessThan(20);
    expect((await hits()) - hitsBefore).toBe(40);
  });

  it("holds no token, nor a hash that everybody can make", async () => {
    await share(newTarget());
    const digest = await crypto.subtle.digest("SHA-256", Buffer.from(pair.simulator.token));
    const hash = Buffer.from(digest);
    const texts = await admin.keys("*");
    for (const key of await entries("")) texts.push((await admin.get(key)) ?? "");
    for (const secret of [pair.simulator.token, hash.toString("hex"), hash.toString("base64url")])
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  });

  it.each([
    ["damaged", (text: string) => text.replace("COMPLETED", "COMPLETES")],
    ["another release's", (text: string) => text.slice(text.indexOf("{"))],
  ])("is not believed where a value is %s", async (_what, spoil) => {
    const target = newTarget();
    const key = await share(target);
    const text = (await admin.get(key)) ?? "";
    expect(spoil(text)).not.toBe(text);
    await admin.set(key, spoil(text), "KEEPTTL");
    expect(await status(1, target)).toBe("COMPLETED");
    expect(pair.callsFor(target.j)).toBe(2);
  });

  it("may lose what they tell one another: who was cut off drops all that he holds when he hears again", async () => {
    const target = newTarget();
    await share(target);
    expect(await status(1, target)).toBe("COMPLETED");
    expect(pair.callsFor(target.j)).toBe(1);
    pair.simulator.setStatus(target.j, target.v, STATUS.FAILED);
    // As an invalidation leaves Redis of which nobody has heard.
    await admin.del(await admin.keys(`${pair.keyPrefix}*/${target.j}}*`));
    expect(await status(1, target)).toBe("COMPLETED");
    await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
    await until("it shows the new one", async () => (await status(1, target)) === "FAILED");
  });

  it("may go away: they go on without it, honour no idempotency key, and trust what they hold for CACHE_TTL_ACTIVE_MS at most", async () => {
    const [held, cold] = [newTarget(), newTarget()];
    for (const which of BOTH) expect(await status(which, held)).toBe("COMPLETED");
    const heldAt = performance.now();
    await pair.redis.kill();
    await until("they know", async () => (await pair.metric(1, "cache_channel_up")) === 0);
    pair.simulator.setStatus(held.j, held.v, STATUS.FAILED);
    await until("it answers what it holds itself", async () => {
      const before = pair.callsFor(cold.j);
      await status(1, cold);
      await status(1, cold);
      return pair.callsFor(cold.j) === before + 1;
    });
    const [refused] = (await create(0, cold, "a-key")).errors ?? [];
    expect(refused?.extensions).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      dependency: "redis",
      outcome: "not-sent",
    });
    expect((await create(0, cold)).errors).toBeUndefined();
    expect((await pair.ask(0, LIST, { j: cold.j })).data.trainingJob.versionCount).toBe(2);
    await until("it is too old", () => performance.now() > heldAt + ACTIVE_MS);
    for (const which of BOTH) expect(await status(which, held)).toBe("FAILED");
    await pair.redis.restart();
    await pair.connected();
    expect((await create(0, cold, "a-key")).errors).toBeUndefined();
  });

  it("may hang: after one time-out they go on without it, and use it again when it answers", async () => {
    pair.redis.pause();
    try {
      const began = performance.now();
      for (let i = 0; i < 30; i += 1) expect(await status(0, newTarget())).toBe("COMPLETED");
      // One time-out after another would take twice as long.
      expect(performance.now() - began).toBeLessThan(15 * TIMEOUT_MS);
      expect(await pair.metric(0, "cache_store_failures_total", { operation: "read" })).toBeGreaterThan(0);
    } finally {
      pair.redis.resume();
    }
    await pair.connected();
    await until("the other one gets what one has looked up", async () => {
      const target = newTarget();
      await status(0, target);
      await status(1, target);
      return pair.callsFor(target.j) === 1;
    });
  });
});
