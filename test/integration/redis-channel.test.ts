import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectRedis, type RedisConnection } from "../../src/redis.js";
import { listenTo } from "../../src/redis-channel.js";
import { FakeClock } from "../support/fake-clock.js";
import { redisConfig } from "../support/redis.js";
import { startRedisCluster } from "../support/redis-cluster.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { until } from "../support/until.js";

const CHANNEL = "test:news";

describe("A channel of Redis", () => {
  let server: RedisServer;
  let admin: Redis;
  let redis: RedisConnection;
  let clock: FakeClock;
  let heard: string[];
  let warnings: Record<string, unknown>[];
  let stop = () => {};

  beforeAll(async () => {
    server = await startRedis();
    admin = new Redis(server.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await server[Symbol.asyncDispose]();
  });

  const log = pino({ level: "warn" }, { write: (line) => void warnings.push(JSON.parse(line)) });

  beforeEach(async () => {
    clock = new FakeClock();
    stop = () => {};
    [heard, warnings] = [[], []];
    redis = await connectRedis(redisConfig({ target: { kind: "single", url: server.url } }), log);
  });
  afterEach(async () => {
    stop();
    await redis.close();
    await mayListen();
  });

  const listen = () => {
    stop = listenTo(redis, { channel: CHANNEL, clock, log, hear: (message) => void heard.push(message) });
  };
  const mayListen = () => admin.acl("SETUSER", "default", "+subscribe");
  const mayNotListen = () => admin.acl("SETUSER", "default", "-subscribe");
  const listeners = async () => Number((await admin.pubsub("NUMSUB", CHANNEL))[1]);
  async function isHeard(): Promise<void> {
    const news = randomUUID();
    await until("it is heard", async () => {
      if ((await listeners()) === 0) await clock.advance(10_000);
      await admin.publish(CHANNEL, news);
      return heard.includes(news);
    });
  }

  it("is heard, and no other", async () => {
    listen();
    await redis.subscriber.subscribe("test:others");
    await admin.publish("test:others", "gossip");
    await isHeard();
    expect(heard).not.toContain("gossip");
    expect(warnings).toEqual([]);
  });

  it("is heard after the connection was lost", async () => {
    listen();
    await isHeard();
    await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
    await isHeard();
  });

  /** Lets it ask again. */
  async function askAgain(): Promise<void> {
    await until("it waits to ask again", () => clock.sleeping === 1);
    await clock.advance(10_000);
  }

  const isRefused = () => until("it is refused", () => warnings.length > 0);

  it("is heard once the user may listen, who might not at first, with one warning for all refusals", async () => {
    await mayNotListen();
    listen();
    for (let refusals = 1; refusals <= 3; refusals += 1) await askAgain();
    await mayListen();
    await isHeard();
    expect(warnings).toEqual([
      expect.objectContaining({
        event: "redis_channel_not_subscribed",
        channel: CHANNEL,
        reason: expect.stringContaining("NOPERM"),
      }),
    ]);
  });

  it("is heard once the user may listen, who might not when he connected again", async () => {
    listen();
    await isHeard();
    await mayNotListen();
    await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
    await until("nobody listens", async () => (await listeners()) === 0);
    await askAgain();
    await isRefused();
    await mayListen();
    await isHeard();
  });

  it("is not asked for any more when it was refused and is left", async () => {
    await mayNotListen();
    listen();
    await isRefused();
    stop();
    await mayListen();
    expect(clock.sleeping).toBe(0);
    expect(await listeners()).toBe(0);
  });

  it("is not asked for any more when it is left before Redis has answered, and warns of nothing", async () => {
    await mayNotListen();
    listen();
    stop();
    // Answers come in the order of the questions.
    await redis.subscriber.ping();
    expect(clock.sleeping).toBe(0);
    expect(warnings).toEqual([]);
  });

  it("is not asked for any more once the connection has ended", async () => {
    await mayNotListen();
    listen();
    await isRefused();
    await redis.close();
    await until("it has ended", () => redis.subscriber.status === "end");
    await clock.advance(10_000);
    expect(clock.sleeping).toBe(0);
  });
});

it("A channel of a Redis Cluster is heard once the user may listen, who might not when the client moved its subscriptions", async () => {
  await using cluster = await startRedisCluster(1);
  const clock = new FakeClock();
  const heard: string[] = [];
  const [host = "", port] = cluster.nodes.split(":");
  const admin = new Redis(`redis://${cluster.nodes}`);
  const log = pino({ level: "silent" });
  const target = { kind: "cluster" as const, nodes: [{ host, port: Number(port) }] };
  const redis = await connectRedis(redisConfig({ target }), log);
  const stop = listenTo(redis, { channel: CHANNEL, clock, log, hear: (message) => void heard.push(message) });
  const listeners = async () => Number((await admin.pubsub("NUMSUB", CHANNEL))[1]);
  try {
    await until("it listens", async () => (await listeners()) === 1);
    await admin.acl("SETUSER", "default", "-subscribe");
    await admin.call("CLIENT", "KILL", "TYPE", "pubsub");
    await until("nobody listens", async () => (await listeners()) === 0);
    await until("it is refused", async () => ((await admin.call("ACL", "LOG")) as unknown[]).length > 0);
    await admin.acl("SETUSER", "default", "+subscribe");
    await until("it is heard", async () => {
      await clock.advance(10_000);
      await admin.publish(CHANNEL, "news");
      return heard.includes("news");
    });
  } finally {
    stop();
    await redis.close();
    admin.disconnect();
  }
});
