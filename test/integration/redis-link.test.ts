import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RedisLink } from "../../src/cache/redis/link.js";
import { systemClock } from "../../src/clock.js";
import { connectRedis, type RedisConnection } from "../../src/redis.js";
import { RedisScript } from "../../src/redis-script.js";
import { redisConfig } from "../support/redis.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";

const TIMEOUT_MS = 300;
const COUNT = new RedisScript("return redis.call('INCR', KEYS[1])");
const FAIL = new RedisScript("redis.call('INCR', KEYS[1]) return redis.error_reply('ERR no')");

describe("A link to Redis", () => {
  let server: RedisServer;
  let redis: RedisConnection;
  let link: RedisLink;
  beforeEach(async () => {
    server = await startRedis();
    const target = { kind: "single", url: server.url } as const;
    redis = await connectRedis(redisConfig({ target, timeoutMs: TIMEOUT_MS }), pino({ level: "silent" }));
    link = new RedisLink({ redis, clock: systemClock });
  });
  afterEach(async () => {
    await redis.close();
    await server[Symbol.asyncDispose]();
  });

  const count = () => link.run(COUNT, ["count"], []);

  it("is closed once a call was not answered in time, until a probe is", async () => {
    await count();
    server.pause();
    await expect(count()).rejects.toThrow("did not answer");
    await expect(count()).rejects.toThrow("Redis is away");
    await expect(link.probe(COUNT, ["probed"], [])).rejects.toThrow("did not answer");
    await expect(count()).rejects.toThrow("Redis is away");
    server.resume();
    expect(await link.probe(COUNT, ["probe"], [])).toBe(1);
    expect(await count()).toEqual(expect.any(Number));
  });

  it("is closed while the connection is down", async () => {
    await server.kill();
    await expect.poll(() => redis.isUp()).toBe(false);
    await expect(count()).rejects.toThrow("Redis is away");
    await expect(link.probe(COUNT, ["count"], [])).rejects.toThrow("Redis is away");
  });

  it("stays open when a script fails, which is not run again", async () => {
    await expect(link.run(FAIL, ["count"], [])).rejects.toThrow("no");
    await expect(link.run(FAIL, ["count"], [])).rejects.toThrow("no");
    expect(await redis.commands.get("count")).toBe("2");
  });
});
