import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectRedis, type RedisConnection } from "../../src/redis.js";
import { redisConfig } from "../support/redis.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { until } from "../support/until.js";
import { openWay } from "../support/way.js";

const TIMEOUT_MS = 200;

function connect(port: number): Promise<RedisConnection> {
  const target = { kind: "single", url: `redis://127.0.0.1:${port}` } as const;
  return connectRedis(redisConfig({ target, timeoutMs: TIMEOUT_MS }), pino({ level: "silent" }));
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("a command", () => {
  let server: RedisServer;
  let redis: RedisConnection;
  beforeEach(async () => {
    server = await startRedis();
    redis = await connect(server.port);
  });
  afterEach(async () => {
    await redis.close();
    await server[Symbol.asyncDispose]();
  });

  it("does not fail because this process was busy for longer than the time-out when the answer came", async () => {
    const answer = redis.commands.set("key", "value");
    // Commands are sent when the event loop comes round.
    await new Promise(setImmediate);
    block(3 * TIMEOUT_MS);
    expect(await answer).toBe("OK");
  });

  it("does not fail because this process was busy while it waited behind another", async () => {
    const answers = [redis.timeout.wait(redis.commands.incr("key"))];
    await new Promise(setImmediate);
    answers.push(redis.timeout.wait(redis.commands.incr("key")));
    block(3 * TIMEOUT_MS);
    expect(await Promise.all(answers)).toEqual([1, 2]);
  });

  it("fails when Redis stands still", async () => {
    server.pause();
    await expect(redis.commands.get("key")).rejects.toThrow(`Redis did not answer within ${TIMEOUT_MS} ms`);
    server.resume();
    await until("Redis is used again", () => redis.commands.set("key", "value").catch(() => undefined));
  });

  it("fails when Redis stands still, the wait behind another that fails included", async () => {
    server.pause();
    const first = redis.commands.get("key").catch(() => {});
    await new Promise(setImmediate);
    let isSentAndFailed = false;
    const second = redis.commands.get("key").catch((error: unknown) => {
      isSentAndFailed = true;
      throw error;
    });
    await expect(redis.timeout.wait(second)).rejects.toThrow(`Redis did not answer within ${TIMEOUT_MS} ms`);
    expect(isSentAndFailed).toBe(false);
    server.resume();
    await Promise.allSettled([first, second]);
  });
});

describe("the subscriber's failure to subscribe again after a reconnect harms nobody", () => {
  const unhandled: unknown[] = [];
  const collect = (error: unknown) => void unhandled.push(error);
  beforeEach(() => void process.on("unhandledRejection", collect));
  afterEach(() => {
    process.off("unhandledRejection", collect);
    expect(unhandled.splice(0)).toEqual([]);
  });

  it("when the connection is closed before Redis has answered", async () => {
    await using server = await startRedis();
    await using way = await openWay(server.port);
    const redis = await connect(way.port);
    await redis.subscriber.subscribe("channel");
    const isBack = new Promise((resolve) => redis.subscriber.once("ready", resolve));
    way.silence("subscribe");
    way.cut();
    await isBack;
    const hasEnded = new Promise((resolve) => redis.subscriber.once("end", resolve));
    await redis.close();
    way.cut();
    await hasEnded;
  });

  it("when Redis does not allow the channel any more", async () => {
    await using server = await startRedis();
    const redis = await connect(server.port);
    await redis.subscriber.subscribe("channel");
    await redis.commands.call("ACL", "SETUSER", "default", "resetchannels");
    const isBack = new Promise((resolve) => redis.subscriber.once("ready", resolve));
    await redis.commands.call("CLIENT", "KILL", "TYPE", "pubsub");
    await isBack;
    await expect(redis.subscriber.subscribe("other")).rejects.toThrow("NOPERM");
    await redis.close();
  });
});
