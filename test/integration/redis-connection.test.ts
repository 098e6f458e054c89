import { Redis } from "ioredis";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectRedis, type RedisConnection } from "../../src/redis.js";
import { redisConfig } from "../support/redis.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { until } from "../support/until.js";
import { openWay } from "../support/way.js";

const TIMEOUT_MS = 200;

function connect(port: number, timeoutMs = TIMEOUT_MS): Promise<RedisConnection> {
  const target = { kind: "single", url: `redis://127.0.0.1:${port}` } as const;
  return connectRedis(redisConfig({ target, timeoutMs }), pino({ level: "silent" }));
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Sends 50 commands one after another in one turn of the event loop. */
function setMany({ commands }: RedisConnection): Promise<unknown> {
  const keys = Array.from({ length: 50 }, (_, number) => `key${number}`);
  const answers = keys.map(async (key, turn) => {
    for (let waited = 0; waited < turn; waited++)
      await new Promise<void>((resolve) => process.nextTick(resolve));
    return commands.set(key, "value");
  });
  return Promise.all(answers);
}

/** The pieces that belong to these; a connection also asks things by itself. */
const settingIn = (heard: readonly string[]) => heard.filter((piece) => piece.includes("value"));

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
    const answers = [redis.commands.incr("key")];
    await new Promise(setImmediate);
    answers.push(redis.commands.incr("key"));
    block(3 * TIMEOUT_MS);
    expect(await Promise.all(answers)).toEqual([1, 2]);
  });

  it("fails when Redis stands still", async () => {
    server.pause();
    await expect(redis.commands.get("key")).rejects.toThrow(`Redis did not answer within ${TIMEOUT_MS} ms`);
    server.resume();
    await until("Redis is used again", () => redis.commands.set("key", "value").catch(() => undefined));
  });

  it("leaves in one piece with the others of its turn of the event loop", async () => {
    await using way = await openWay(server.port);
    const other = await connect(way.port);
    const before = way.heard.length;
    await setMany(other);
    expect(settingIn(way.heard.slice(before))).toHaveLength(1);
    await other.close();
  });

  it("is sent although those before it have no answer yet", async () => {
    await using way = await openWay(server.port);
    const other = await connect(way.port, 60_000);
    const isSent = (text: string) => () => way.heard.some((piece) => piece.includes(text));
    way.silence("first");
    const unanswered = [expect(other.commands.get("first")).rejects.toThrow("closed")];
    await until("the first is sent", isSent("first"));
    unanswered.push(expect(other.commands.get("second")).rejects.toThrow("closed"));
    await until("the second is sent", isSent("second"));
    await other.close();
    await Promise.all(unanswered);
  });
});

describe("a command to a node of a cluster", () => {
  it("leaves in one piece with the others of its turn of the event loop", async () => {
    await using server = await startRedis(["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]);
    await using way = await openWay(server.port);
    const admin = new Redis(server.url);
    await admin.config("SET", "cluster-announce-port", way.port);
    await admin.cluster("ADDSLOTSRANGE", 0, 16_383);
    const info = async () => String(await admin.cluster("INFO"));
    await until("the cluster is up", async () => (await info()).includes("cluster_state:ok"));
    admin.disconnect();
    const target = { kind: "cluster" as const, nodes: [{ host: "127.0.0.1", port: way.port }] };
    const redis = await connectRedis(redisConfig({ target }), pino({ level: "silent" }));
    await setMany(redis);
    const before = way.heard.length;
    await setMany(redis);
    expect(settingIn(way.heard.slice(before))).toHaveLength(1);
    await redis.close();
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
