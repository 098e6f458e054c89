import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.js";
import { createRedisIdempotencyStore } from "../../../src/creation/index.js";
import type { RedisConnection } from "../../../src/redis.js";
import { connectTestRedis } from "../../support/redis.js";
import { type RedisServer, startRedis } from "../../support/redis-server.js";
import { until } from "../../support/until.js";
import { createRig, failureOf, gate, KEY, type Rig } from "./rig.js";
import { sampleVersion } from "./samples.js";

const AWAY = { code: "UPSTREAM_UNAVAILABLE", details: { dependency: "redis", outcome: "not-sent" } };

describe("while Redis is away", () => {
  let server: RedisServer;
  let redis: RedisConnection;
  let rig: Rig;
  beforeEach(async () => {
    server = await startRedis();
    redis = await connectTestRedis({ target: { kind: "single", url: server.url }, timeoutMs: 300 });
    const store = createRedisIdempotencyStore(redis, { clock: systemClock, log: pino({ level: "silent" }) });
    rig = createRig({ store });
  });
  afterEach(async () => {
    await rig.store.close();
    await redis.close();
    server.resume();
    await server[Symbol.asyncDispose]();
  });

  const settings = { clock: systemClock, claimLeaseMs: 600, upstreamTimeoutMs: 300 };

  async function killRedis(): Promise<void> {
    await server.kill();
    await until("the connection is down", () => !redis.isUp());
  }

  async function restartRedis(): Promise<void> {
    await server.restart();
    await until("the connection is up", () => redis.isUp());
  }

  it("a creation with a key is refused and nothing is sent", async () => {
    await killRedis();
    expect(await failureOf(rig.create(KEY))).toMatchObject(AWAY);
    expect(rig.upstream.posts).toEqual([]);
    expect(rig.diary.counted).toEqual(["store away"]);
  });

  it("the same holds while it is there but does not answer", async () => {
    server.pause();
    expect(await failureOf(rig.create(KEY))).toMatchObject(AWAY);
    expect(rig.upstream.posts).toEqual([]);
  });

  it("a creation without a key goes on", async () => {
    await killRedis();
    expect(await rig.create()).toMatchObject({ versionId: "100" });
  });

  it("creations with keys go on once it is back", async () => {
    await killRedis();
    await failureOf(rig.create(KEY));
    await restartRedis();
    expect(await rig.create(KEY)).toMatchObject({ versionId: "100" });
  });

  it("nothing is sent when it goes between the claim and the POST", async () => {
    const creation = rig.replica(settings);
    expect(await failureOf(rig.create({ ...KEY, checkRules: killRedis }, creation))).toMatchObject(AWAY);
    expect(rig.upstream.posts).toEqual([]);
  });

  it("a POST that has begun is answered, and its result recorded when it is back, even if it has come back empty", async () => {
    const creation = rig.replica(settings);
    const { opened, open } = gate();
    rig.upstream.fates.push(opened);
    const created = rig.create(KEY, creation);
    await until("it has sent", () => rig.upstream.posts.length === 1);
    await killRedis();
    open();
    const { versionId } = await created;
    await restartRedis();
    await creation.drain();
    expect(await rig.create(KEY)).toMatchObject({ versionId });
    expect(rig.upstream.posts).toHaveLength(1);
    expect(rig.upstream.lists).toEqual([]);
  });

  it("an unknown outcome is recorded when it is back: the repeat lists the versions first", async () => {
    const creation = rig.replica(settings);
    const { opened, open } = gate();
    rig.upstream.fates.push(opened.then(() => Promise.reject(new Error("cut"))));
    const failed = failureOf(rig.create(KEY, creation));
    await until("it has sent", () => rig.upstream.posts.length === 1);
    await killRedis();
    open();
    await failed;
    await restartRedis();
    await creation.drain();
    expect((await failureOf(rig.create(KEY))).details.outcome).toBe("unknown");
    expect(rig.upstream.lists).toHaveLength(1);
  });

  it("a claim that is held is written again when Redis has come back empty", async () => {
    const creation = rig.replica(settings);
    const { opened, open } = gate();
    rig.upstream.fates.push(opened);
    const created = rig.create(KEY, creation);
    await until("it has sent", () => rig.upstream.posts.length === 1);
    await killRedis();
    await restartRedis();
    await until(
      "the claim is written again",
      async () => (await redis.commands.keys(`${redis.keyPrefix}creation:key:*`)).length === 1,
    );
    const waiter = rig.create(KEY, rig.replica({ clock: systemClock }));
    open();
    expect(await waiter).toEqual(await created);
    expect(rig.upstream.posts).toHaveLength(1);
  });

  it("a waiter is told that the version may exist", async () => {
    const creation = rig.replica(settings);
    rig.upstream.fates.push("hang-after");
    void rig.create(KEY, creation);
    await until("it has sent", () => rig.upstream.posts.length === 1);
    let waits = false;
    const changed = (keyId: string, ms: number) => {
      waits = true;
      return rig.store.changed(keyId, ms);
    };
    const waiter = failureOf(rig.create(KEY, rig.replica({ ...settings, store: { ...rig.store, changed } })));
    await until("it waits", () => waits);
    await killRedis();
    expect(await waiter).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { dependency: "redis", outcome: "unknown" },
    });
  });
});

describe("what is kept in Redis", () => {
  it("holds neither the key nor a token nor anything of the input, and expires", async () => {
    const redis = await connectTestRedis();
    const store = createRedisIdempotencyStore(redis, { clock: systemClock, log: pino({ level: "silent" }) });
    const rig = createRig({ store });
    await rig.create({ idempotencyKey: "a-key-with-a-secret", version: sampleVersion({}, "a description") });
    const names = await redis.commands.keys(`${redis.keyPrefix}*`);
    const values = await redis.commands.mget(names);
    const everything = [...names, ...values].join("\n");
    expect(values.join()).toContain('"state":"done"');
    for (const secret of [
      "a-key-with-a-secret",
      "token of ann",
      "a description",
      "/usr/app/",
      "learning_rate",
    ])
      expect(everything).not.toContain(secret);
    for (const name of names) {
      const ttl = await redis.commands.pttl(name);
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(24 * 60 * 60 * 1_000);
    }
    await store.close();
    await redis.close();
  });
});
