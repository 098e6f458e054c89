import { beforeEach, describe, expect, it } from "vitest";
import { Health } from "../../../src/upstream/resilience/health.js";

let now: number;
let health: Health;
beforeEach(() => {
  now = 1_000_000;
  health = new Health(() => now);
});

describe("the upstream's state", () => {
  it("is good before the first call and after healthy ones", () => {
    expect(health.degradedReason()).toBeUndefined();
    health.record(undefined);
    expect(health.degradedReason()).toBeUndefined();
  });

  it("is bad, with the latest reason, while at least half of the calls of 10 seconds failed", () => {
    health.record("refused");
    health.record(undefined);
    expect(health.degradedReason()).toBe("refused");
    health.record("no answer");
    expect(health.degradedReason()).toBe("no answer");
    health.record(undefined);
    health.record(undefined);
    expect(health.degradedReason()).toBeUndefined();
  });

  it("follows the calls of the last 10 seconds alone", () => {
    for (let i = 0; i < 100; i++) health.record(undefined);
    now += 9_000;
    health.record("refused");
    expect(health.degradedReason()).toBeUndefined();
    now += 1_000;
    expect(health.degradedReason()).toBe("refused");
  });

  it("stays what it was when there are no calls", () => {
    health.record(undefined);
    health.record("refused");
    now += 3_600_000;
    expect(health.degradedReason()).toBe("refused");
    health.record(undefined);
    expect(health.degradedReason()).toBeUndefined();
    now += 3_600_000;
    expect(health.degradedReason()).toBeUndefined();
  });

  it("is good again after a probe", () => {
    for (let i = 0; i < 5; i++) health.record("refused");
    health.recover();
    expect(health.degradedReason()).toBeUndefined();
  });
});

describe("the upstream's time", () => {
  it("is unknown before the first answer, then carried on by the local clock", () => {
    expect(health.estimatedTime()).toBeUndefined();
    health.recordTime(undefined);
    expect(health.estimatedTime()).toBeUndefined();
    health.recordTime(5_000_000);
    now += 1_234;
    expect(health.estimatedTime()).toBe(5_001_234);
    health.recordTime(undefined);
    expect(health.estimatedTime()).toBe(5_001_234);
    health.recordTime(9_000_000);
    expect(health.estimatedTime()).toBe(9_000_000);
  });
});
