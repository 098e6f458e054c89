import { createHash } from "node:crypto";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { GatewayError } from "../../src/errors.js";
import { type CounterStore, createRateLimiter, type RateLimiter } from "../../src/http/limits/index.js";
import type { RedisConnection } from "../../src/redis.js";
import { FakeClock } from "../support/fake-clock.js";
import { connectTestRedis, redisConfig } from "../support/redis.js";
import { startRedis } from "../support/redis-server.js";
import { until } from "../support/until.js";

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function connect(overrides?: Parameters<typeof redisConfig>[0]): Promise<RedisConnection> {
  const connection = await connectTestRedis(overrides);
  cleanups.push(() => connection.close());
  return connection;
}

/** Commands that Redis has not answered yet. */
let unanswered = 0;

/** The same connection, its unanswered commands counted. */
function observed({ commands, keyPrefix, isUp }: RedisConnection): CounterStore {
  async function track<T>(answer: Promise<T>): Promise<T> {
    unanswered += 1;
    try {
      return await answer;
    } finally {
      unanswered -= 1;
    }
  }
  return {
    keyPrefix,
    isUp,
    commands: {
      incrby: (key, delta) => track(commands.incrby(key, delta)),
      get: (key) => track(commands.get(key)),
      pexpire: (key, ms) => track(commands.pexpire(key, ms)),
    },
  };
}

/** One replica's limiter, on a connection of its own. */
async function replica(options: {
  perMinute: number;
  clock: FakeClock;
  config: ReturnType<typeof redisConfig>;
}): Promise<RateLimiter> {
  const { perMinute, clock, config } = options;
  const redis = observed(await connect(config));
  const limiter = createRateLimiter({ perMinute, clock, log: pino({ level: "silent" }), redis });
  cleanups.push(() => limiter.close());
  return limiter;
}

function admitted(limiter: RateLimiter, key: string, attempts: number): number {
  let count = 0;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      limiter.consume(key);
      count += 1;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
  }
  return count;
}

/** Lets 100 ms pass, and waits until Redis has answered what the replicas told it. */
async function settle(clock: FakeClock): Promise<void> {
  await clock.advance(100);
  await until("Redis has answered", () => unanswered === 0);
}

function keyOf(prefix: string, quotaKey: string, now: number): string {
  const hash = createHash("sha256").update(quotaKey).digest("base64url");
  return `${prefix}rate:{${hash}}:${Math.floor(now / 60_000)}`;
}

describe("two replicas on one Redis", () => {
  test("know 100 ms later what the other let through", async () => {
    const clock = new FakeClock();
    const config = redisConfig();
    const [a, b] = [
      await replica({ perMinute: 100, clock, config }),
      await replica({ perMinute: 100, clock, config }),
    ];
    expect(admitted(a, "credential:x", 70)).toBe(70);
    expect(admitted(b, "credential:x", 1)).toBe(1);
    await settle(clock);
    expect(admitted(b, "credential:x", 100)).toBe(29);
  });

  test("do not wait for Redis: what is over the limit in one replica alone is refused at once", async () => {
    const clock = new FakeClock();
    const a = await replica({ perMinute: 5, clock, config: redisConfig() });
    expect(admitted(a, "credential:x", 50)).toBe(5);
  });

  test("count identities apart", async () => {
    const clock = new FakeClock();
    const config = redisConfig();
    const [a, b] = [
      await replica({ perMinute: 10, clock, config }),
      await replica({ perMinute: 10, clock, config }),
    ];
    admitted(a, "credential:x", 10);
    admitted(b, "credential:y", 1);
    await settle(clock);
    expect(admitted(b, "credential:y", 20)).toBe(9);
  });

  test("carry the minute before over, also what was counted just before its turn", async () => {
    const clock = new FakeClock();
    const config = redisConfig();
    const [a, b] = [
      await replica({ perMinute: 100, clock, config }),
      await replica({ perMinute: 100, clock, config }),
    ];
    await clock.advance(59_950);
    expect(admitted(a, "credential:x", 80)).toBe(80);
    await settle(clock);
    expect(admitted(b, "credential:x", 1)).toBe(1);
    await settle(clock);
    expect(admitted(b, "credential:x", 200)).toBeLessThanOrEqual(20);
  });

  test("take up where a restarted replica left off", async () => {
    const clock = new FakeClock();
    const config = redisConfig();
    const before = await replica({ perMinute: 10, clock, config });
    admitted(before, "credential:x", 8);
    await before.close();
    const after = await replica({ perMinute: 10, clock, config });
    admitted(after, "credential:x", 1);
    await settle(clock);
    expect(admitted(after, "credential:x", 10)).toBe(1);
  });
});

test("operations between two settlements are told to Redis in one step, as a sum", async () => {
  const clock = new FakeClock();
  const config = redisConfig();
  const redis = await connect(config);
  const rate = await replica({ perMinute: 1_000, clock, config });
  admitted(rate, "credential:x", 300);
  const key = keyOf(config.keyPrefix, "credential:x", clock.now());
  expect(await redis.commands.get(key)).toBeNull();
  await settle(clock);
  expect(await redis.commands.get(key)).toBe("300");
});

test("keys hold a hash of the caller and expire", async () => {
  const clock = new FakeClock();
  const config = redisConfig();
  const redis = await connect(config);
  const rate = await replica({ perMinute: 10, clock, config });
  rate.consume("address:203.0.113.7");
  await settle(clock);
  const keys = await redis.commands.keys(`${config.keyPrefix}*`);
  expect(keys).toEqual([keyOf(config.keyPrefix, "address:203.0.113.7", clock.now())]);
  expect(keys.join()).not.toContain("203.0.113.7");
  expect(await redis.commands.pttl(keys[0] ?? "")).toBeGreaterThan(0);
});

test("while Redis is away each replica goes on with its own counts, and settles again when it is back", async () => {
  await using server = await startRedis();
  const clock = new FakeClock();
  const config = redisConfig({ target: { kind: "single", url: server.url }, timeoutMs: 200 });
  const observer = await connect(config);
  const rate = await replica({ perMinute: 10, clock, config });
  admitted(rate, "credential:x", 4);
  await settle(clock);

  await server.kill();
  await until("the loss is noticed", () => !observer.isUp());
  expect(admitted(rate, "credential:x", 3)).toBe(3);
  await settle(clock);
  expect(admitted(rate, "credential:x", 2)).toBe(2);
  await settle(clock);

  await server.restart();
  await until("the connection is back", () => observer.isUp());
  expect(admitted(rate, "credential:x", 10)).toBe(1);
  await until("a count arrives", async () => {
    rate.consume(`credential:other-${clock.now()}`);
    await settle(clock);
    return (await observer.commands.keys(`${config.keyPrefix}*`)).length > 0;
  });
});

test("a Redis that hangs delays no operation", async () => {
  await using server = await startRedis();
  const clock = new FakeClock();
  const config = redisConfig({ target: { kind: "single", url: server.url }, timeoutMs: 100 });
  const rate = await replica({ perMinute: 1_000, clock, config });
  server.pause();
  expect(admitted(rate, "credential:x", 100)).toBe(100);
  await clock.advance(100);
  expect(admitted(rate, "credential:x", 100)).toBe(100);
  await settle(clock);
  server.resume();
  expect(admitted(rate, "credential:x", 1_000)).toBe(800);
});
