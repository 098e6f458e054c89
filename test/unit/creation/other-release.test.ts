import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.js";
import { createRedisIdempotencyStore } from "../../../src/creation/index.js";
import { intentOf } from "../../../src/creation/intent.js";
import type { RedisConnection } from "../../../src/redis.js";
import { connectTestRedis } from "../../support/redis.js";
import { createRig, failureOf, KEY, type Rig } from "./rig.js";
import { id, sampleVersion } from "./samples.js";

const REFUSED = {
  code: "UPSTREAM_UNAVAILABLE",
  message: expect.stringContaining("Repeat the same input with the same idempotencyKey"),
  details: { outcome: "unknown", retryAfterMs: 5_000 },
};

const OTHER_FORMATS: [string, (value: string) => string][] = [
  ["of a later format", (value) => value.replace(/^\d+:/, "2:")],
  ["without a format", (value) => value.replace(/^\d+:/, "")],
  ["cut short", (value) => value.slice(0, 10)],
];

describe("beside a release that keeps its creations in another format", () => {
  let redis: RedisConnection;
  let rig: Rig;
  beforeEach(async () => {
    redis = await connectTestRedis();
    rig = createRig({
      store: createRedisIdempotencyStore(redis, { clock: systemClock, log: pino({ level: "silent" }) }),
    });
  });
  afterEach(async () => {
    await rig.store.close();
    await redis.close();
  });

  async function rewrite(kind: string, change: (value: string) => string): Promise<Map<string, string>> {
    const names = await redis.commands.keys(`${redis.keyPrefix}creation:${kind}:*`);
    expect(names).not.toEqual([]);
    const before = new Map<string, string>();
    for (const name of names) {
      const value = (await redis.commands.get(name)) ?? "";
      before.set(name, value);
      await redis.commands.set(name, change(value), "KEEPTTL");
    }
    return before;
  }

  it.each(OTHER_FORMATS)("a record %s is left as it is, and its repeats are refused", async (_, change) => {
    const { create, upstream, diary } = rig;
    const first = await create(KEY);
    const readable = await rewrite("key", change);
    diary.counted.length = 0;
    expect(await failureOf(create(KEY))).toMatchObject(REFUSED);
    expect(upstream.posts).toHaveLength(1);
    expect(diary.counted).toEqual(["unreadable"]);

    for (const [name, value] of readable) {
      expect(await redis.commands.get(name)).toBe(change(value));
      await redis.commands.set(name, value);
    }
    expect(await create(KEY)).toEqual(first);
  });

  it("a version whose owner cannot be read is not taken for absent: nothing is created", async () => {
    const { create, upstream } = rig;
    // The time after which a version that is not listed counts as absent is over before the repeat.
    const brief = rig.replica({ upstreamTimeoutMs: 1 });
    upstream.fates.push("cut-after");
    await failureOf(create(KEY, brief));
    await rig.store.owners.take({ projectId: "project", jobId: id("10") }, id("100"), "whoever");
    await rewrite("owner", (value) => value.replace(/^\d+:/, "2:"));
    expect(await failureOf(create(KEY, brief))).toMatchObject(REFUSED);
    expect(upstream.posts).toHaveLength(1);
  });

  it("a POST that it has under way counts as another key's, whose version must not be taken", async () => {
    const { create, upstream } = rig;
    upstream.fates.push("cut-after");
    await failureOf(create(KEY));
    const { configFingerprint, keyId } = intentOf("project", KEY.idempotencyKey, sampleVersion());
    const posts = `${redis.keyPrefix}creation:posts:{${configFingerprint}}`;
    await redis.commands.zadd(posts, Date.now(), `2:${keyId}`);
    expect((await failureOf(create(KEY))).details).toMatchObject({ outcome: "unknown", retryAfterMs: 1_000 });
    await redis.commands.del(posts);
    expect(await create(KEY)).toMatchObject({ versionId: "100" });
  });
});
