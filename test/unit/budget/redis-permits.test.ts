import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRedisPermits } from "../../../src/budget/index.js";
import { systemClock } from "../../../src/clock.js";
import type { RedisConnection } from "../../../src/redis.js";
import type { Crowd, PermitSource, Priority } from "../../../src/upstream/index.js";
import { ceilingsOf, LocalPermits } from "../../../src/upstream/resilience/permits.js";
import { connectTestRedis } from "../../support/redis.js";
import { type RedisServer, startRedis } from "../../support/redis-server.js";
import { until } from "../../support/until.js";

const log = pino({ level: "silent" });

/** One replica's permits, and how many round trips they cost. */
interface Replica extends PermitSource {
  trips: number;
}

function replicaOf(redis: RedisConnection, callsPerMinute: number, windowMs = 60_000): Replica {
  const counted = {
    keyPrefix: redis.keyPrefix,
    isUp: () => redis.isUp(),
    commands: new Proxy(redis.commands, {
      get(commands, name) {
        if (name === "evalsha") replica.trips += 1;
        const member: unknown = Reflect.get(commands, name);
        return typeof member === "function" ? member.bind(commands) : member;
      },
    }),
  };
  const permits = createRedisPermits({
    redis: counted,
    local: new LocalPermits({ callsPerMinute, clock: systemClock, windowMs }),
    callsPerMinute,
    ceilings: ceilingsOf(callsPerMinute),
    clock: systemClock,
    log,
    windowMs,
  });
  const replica: Replica = {
    trips: 0,
    take: (crowds) => permits.take(crowds),
    giveBack: (count) => permits.giveBack(count),
  };
  return replica;
}

const crowd = (priority: Priority, count: number, projectId = "p"): Crowd => ({ priority, projectId, count });

async function granted(replica: PermitSource, ...crowds: Crowd[]): Promise<number[]> {
  return (await replica.take(crowds)).granted;
}

const total = (numbers: number[]): number => numbers.reduce((sum, number) => sum + number, 0);

describe("the calls per minute of a replica set", () => {
  let redis: RedisConnection;
  beforeEach(async () => {
    redis = await connectTestRedis();
  });
  afterEach(() => redis.close());

  it("are one limit, whichever replica asks", async () => {
    const [a, b] = [replicaOf(redis, 20), replicaOf(redis, 20)];
    expect(await granted(a, crowd("mutation", 12))).toEqual([12]);
    expect(await granted(b, crowd("mutation", 12))).toEqual([8]);
    const { granted: none, earliestInMs } = await b.take([crowd("mutation", 1)]);
    expect(none).toEqual([0]);
    expect(earliestInMs.mutation).toBeGreaterThan(55_000);
    expect(earliestInMs.mutation).toBeLessThanOrEqual(62_000);
  });

  it("leave a tenth to mutations, and a quarter to mutations and lookups, over all replicas", async () => {
    const [a, b] = [replicaOf(redis, 20), replicaOf(redis, 20)];
    expect(await granted(a, crowd("poll", 10))).toEqual([10]);
    expect(await granted(b, crowd("poll", 10))).toEqual([5]);
    expect(await granted(b, crowd("lookup", 10))).toEqual([3]);
    expect(await granted(a, crowd("mutation", 10))).toEqual([2]);
  });

  it("go to mutations first, then lookups, then polls, of those that wait on whichever replica", async () => {
    const [a, b] = [replicaOf(redis, 10), replicaOf(redis, 10)];
    expect(await granted(a, crowd("mutation", 3), crowd("lookup", 5), crowd("poll", 5))).toEqual([3, 5, 0]);
    const [c, d] = [replicaOf(redis, 10), replicaOf(redis, 10)];
    expect(await granted(b, crowd("mutation", 3))).toEqual([2]);
    expect(await granted(c, crowd("lookup", 1))).toEqual([0]);
    expect(await granted(d, crowd("poll", 1))).toEqual([0]);
  });

  it("are shared fairly between projects, however much one asks for", async () => {
    const [a, b] = [replicaOf(redis, 20), replicaOf(redis, 20)];
    expect(await granted(a, crowd("mutation", 15, "small"))).toEqual([15]);
    expect(await granted(a, crowd("mutation", 100, "greedy"), crowd("mutation", 2, "modest"))).toEqual([
      3, 2,
    ]);
    expect(await granted(b, crowd("mutation", 1, "other"))).toEqual([0]);
  });

  it("are left for a project that waits on another replica", async () => {
    const windowMs = 2_000;
    const [a, b] = [replicaOf(redis, 10, windowMs), replicaOf(redis, 10, windowMs)];
    expect(await granted(a, crowd("mutation", 10, "greedy"))).toEqual([10]);
    const got = { greedy: 0, modest: 0 };
    await until("permits are free again and both have got some", async () => {
      got.modest += total(await granted(b, crowd("mutation", 20, "modest")));
      got.greedy += total(await granted(a, crowd("mutation", 20, "greedy")));
      return got.greedy + got.modest >= 10;
    });
    expect(got).toEqual({ greedy: 5, modest: 5 });
  });

  it("are never exceeded within the window, and are used up when there is demand", async () => {
    const windowMs = 600;
    const limit = 30;
    const replicas = [replicaOf(redis, limit, windowMs), replicaOf(redis, limit, windowMs)];
    const permitted: { began: number; ended: number }[] = [];
    await until("several windows have been used up", async () => {
      for (const replica of replicas) {
        const began = performance.now();
        const count = total(await granted(replica, crowd("mutation", 7)));
        const ended = performance.now();
        for (let i = 0; i < count; i++) permitted.push({ began, ended });
      }
      return permitted.length >= 4 * limit;
    });
    for (const [index, { began }] of permitted.entries()) {
      const later = permitted[index + limit];
      if (later !== undefined) expect(later.ended - began).toBeGreaterThanOrEqual(windowMs);
    }
  });

  it("cost one round trip for all who wait together", async () => {
    const replica = replicaOf(redis, 10_000);
    expect(await granted(replica, crowd("mutation", 20), crowd("lookup", 300), crowd("poll", 40))).toEqual([
      20, 300, 40,
    ]);
    expect(replica.trips).toBe(1);
  });

  it("cost few round trips also when calls come one by one, as long as there are plenty", async () => {
    const replica = replicaOf(redis, 6_000);
    for (let i = 0; i < 200; i++) expect(await granted(replica, crowd("lookup", 1))).toEqual([1]);
    expect(replica.trips).toBeLessThan(40);
  });

  it("are not used up by what was taken beforehand and not needed", async () => {
    const [a, b] = [replicaOf(redis, 600), replicaOf(redis, 600)];
    for (let i = 0; i < 20; i++) await granted(a, crowd("lookup", 1));
    expect(await granted(a, crowd("mutation", 280))).toEqual([280]);
    expect(await granted(b, crowd("mutation", 600))).toEqual([300]);
  });

  it("come back when those who wanted them had gone", async () => {
    const [a, b] = [replicaOf(redis, 10), replicaOf(redis, 10)];
    expect(await granted(a, crowd("mutation", 10))).toEqual([10]);
    a.giveBack(4);
    expect(await granted(a, crowd("mutation", 1))).toEqual([1]);
    expect(await granted(a, crowd("mutation", 9))).toEqual([3]);
    expect(await granted(b, crowd("mutation", 9))).toEqual([0]);
  });
});

describe("while Redis is away", () => {
  let server: RedisServer;
  let redis: RedisConnection;
  beforeEach(async () => {
    server = await startRedis();
    redis = await connectTestRedis({ target: { kind: "single", url: server.url }, timeoutMs: 200 });
  });
  afterEach(async () => {
    await redis.close();
    await server[Symbol.asyncDispose]();
  });

  it("each replica goes on with its share, and counts what it did before", async () => {
    const [a, b] = [replicaOf(redis, 20), replicaOf(redis, 20)];
    await granted(a, crowd("mutation", 1));
    await granted(b, crowd("mutation", 1));
    await granted(a, crowd("mutation", 5));
    await server.kill();
    await until("the connection is known to be away", () => !redis.isUp());
    expect(await granted(a, crowd("mutation", 20))).toEqual([4]);
    expect((await a.take([crowd("mutation", 1)])).retryInMs).toBeLessThanOrEqual(1_000);
  });

  it("nobody waits longer for it than for one command, while it is slow", async () => {
    const replica = replicaOf(redis, 20);
    await granted(replica, crowd("mutation", 1));
    server.pause();
    try {
      for (let i = 0; i < 10; i++) expect(await granted(replica, crowd("mutation", 1))).toEqual([1]);
      expect(replica.trips).toBeLessThanOrEqual(4);
    } finally {
      server.resume();
    }
  });

  it("what was done meanwhile counts afterwards, also when Redis comes back empty", async () => {
    const [a, b] = [replicaOf(redis, 20), replicaOf(redis, 20)];
    expect(await granted(a, crowd("mutation", 6))).toEqual([6]);
    await server.kill();
    await until("the connection is known to be away", () => !redis.isUp());
    expect(await granted(a, crowd("mutation", 4))).toEqual([4]);
    await server.restart();
    await until("the connection is back", () => redis.isUp());
    expect(await granted(a, crowd("mutation", 1))).toEqual([1]);
    expect(await granted(b, crowd("mutation", 20))).toEqual([9]);
  });
});
