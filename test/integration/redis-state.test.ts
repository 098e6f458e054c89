import { describe, expect, it } from "vitest";
import { reconnectDelayMs } from "../../src/redis.js";
import { type Gateway, startGateway } from "../support/gateway.js";
import { environmentFor } from "../support/house.js";
import { startRedis } from "../support/redis-server.js";
import { startSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";

describe("a gateway whose Redis", () => {
  async function start(redis: { url: string }): Promise<AsyncDisposable & { gateway: Gateway }> {
    const simulator = await startSimulator();
    const gateway = await startGateway(environmentFor(simulator, { REDIS_URL: redis.url }));
    return {
      gateway,
      async [Symbol.asyncDispose]() {
        await gateway.close();
        await simulator[Symbol.asyncDispose]();
      },
    };
  }

  const logged = ({ logs }: Gateway, event: string) => logs.filter((line) => line.event === event);

  it("goes away and comes back says each once, however often it tries to reconnect", async () => {
    await using redis = await startRedis();
    await using house = await start(redis);
    const { gateway } = house;
    for (const times of [1, 2]) {
      const tried = logged(gateway, "redis_error").length;
      await redis.kill();
      await until("it has tried in vain", () => logged(gateway, "redis_error").length > tried + 3);
      expect(logged(gateway, "redis_down")).toHaveLength(times);
      expect(logged(gateway, "redis_up")).toHaveLength(times - 1);
      await redis.restart();
      await until("it is back", () => logged(gateway, "redis_up").length === times);
    }
  });

  it("is away from the start says so, and takes it up when it comes", async () => {
    await using redis = await startRedis();
    await redis.kill();
    await using house = await start(redis);
    expect(logged(house.gateway, "redis_down")).toHaveLength(1);
    await redis.restart();
    await until("it is there", () => logged(house.gateway, "redis_up").length === 1);
  });

  it("may throw away what must not be lost warns of its eviction policy", async () => {
    await using redis = await startRedis(["--maxmemory-policy", "allkeys-lru"]);
    await using house = await start(redis);
    await until("it is warned of", () => logged(house.gateway, "redis_eviction_policy").length === 1);
    expect(logged(house.gateway, "redis_eviction_policy")[0]).toMatchObject({ policy: "allkeys-lru" });
  });
});

describe("attempts to reconnect", () => {
  const CONNECTIONS = 2;

  /** How many one replica makes in the first so many milliseconds, when chance is always the same. */
  function attemptsWithin(ms: number, chance: number): number {
    let count = 0;
    for (
      let at = reconnectDelayMs(1, () => chance);
      at < ms;
      at += reconnectDelayMs(count + 1, () => chance)
    ) {
      count += 1;
    }
    return CONNECTIONS * count;
  }

  it("are at most about 10 a second at first, and soon one in some seconds", () => {
    expect(attemptsWithin(1_000, 0.5)).toBeLessThanOrEqual(10);
    expect(attemptsWithin(60_000, 0.5) / 60).toBeLessThan(1.2);
  });

  it("do not come at the same moment from all replicas, nor at once from any, nor ever stop", () => {
    for (const attempt of [1, 2, 10, 1_000]) {
      const [earliest, latest] = [0, 1].map((chance) => reconnectDelayMs(attempt, () => chance));
      expect(earliest).toBe(100);
      expect(latest).toBeGreaterThanOrEqual(300);
      expect(latest).toBeLessThanOrEqual(5_100);
    }
  });
});
