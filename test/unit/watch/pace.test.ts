import { describe, expect, test } from "vitest";
import { failoverMs, leaseTtlMs } from "../../../src/watch/lease-keeper.js";
import { backoffMs, nextPollMs, type PaceInput } from "../../../src/watch/pace.js";
import { afterThrottled, throttleState } from "../../../src/watch/throttling.js";

const config = { pollIntervalMs: 2_000, maxPollIntervalMs: 15_000, historyLength: 1_024 };

function pace(more: Partial<PaceInput>): number {
  return nextPollMs({
    config,
    random: () => 0.5,
    calmMs: 0,
    allTerminal: false,
    failures: 0,
    factor: 1,
    ...more,
  });
}

describe("the time to the next poll", () => {
  test("is the configured interval near a change", () => {
    expect(pace({ calmMs: 0 })).toBe(2_000);
    expect(pace({ calmMs: 20_000 })).toBe(2_000);
  });

  test("grows to a tenth of the time without a change, up to the maximum", () => {
    expect(pace({ calmMs: 60_000 })).toBe(6_000);
    expect(pace({ calmMs: 86_400_000 })).toBe(15_000);
  });

  test("varies by a tenth in each direction, and never beyond the maximum", () => {
    expect(pace({ random: () => 0 })).toBe(1_800);
    expect(pace({ random: () => 1 })).toBeCloseTo(2_200);
    expect(pace({ random: () => 1, calmMs: 86_400_000 })).toBe(15_000);
  });

  test("is at least a minute when every version is terminal", () => {
    expect(pace({ allTerminal: true, random: () => 0 })).toBe(60_000);
    expect(pace({ allTerminal: true, random: () => 1 })).toBeCloseTo(66_000);
  });

  test("doubles with each failure, up to the maximum", () => {
    expect([1, 2, 3].map((failures) => pace({ failures }))).toEqual([4_000, 8_000, 15_000]);
  });

  test("is stretched beyond the maximum after a 429", () => {
    expect(pace({ calmMs: 86_400_000, factor: 4 })).toBe(60_000);
  });
});

describe("the wait before a call is made again", () => {
  test("doubles from half a second to half a minute, with jitter", () => {
    expect(backoffMs(0, () => 0)).toBe(250);
    expect(backoffMs(0, () => 1)).toBe(500);
    expect(backoffMs(3, () => 1)).toBe(4_000);
    expect(backoffMs(50, () => 1)).toBe(30_000);
  });
});

describe("a 429", () => {
  test("doubles the intervals each time, up to 64 times, and is forgotten by half each minute", () => {
    let record = afterThrottled(undefined, 1_000, 0);
    expect(throttleState(record, 0)).toEqual({ waitMs: 1_000, factor: 2 });
    record = afterThrottled(record, 1_000, 1_000);
    expect(throttleState(record, 1_000).factor).toBeGreaterThan(3.9);
    for (let n = 0; n < 10; n += 1) record = afterThrottled(record, 0, 1_000 + n);
    expect(throttleState(record, record.since).factor).toBeLessThanOrEqual(64);
    expect(throttleState(record, record.since + 60_000).factor).toBeCloseTo(record.factor / 2);
    expect(throttleState(record, record.since + 3_600_000)).toEqual({ waitMs: 0, factor: 1 });
  });

  test("that asks for less than another did does not shorten the silence", () => {
    const record = afterThrottled(afterThrottled(undefined, 60_000, 0), 1_000, 10);
    expect(throttleState(record, 10).waitMs).toBe(59_990);
  });
});

describe("fail-over", () => {
  test.each([
    [20, 3_000],
    [1_000, 3_000],
    [2_000, 6_000],
    [10_000, 30_000],
  ])("with polls every %d ms is within %d ms: the lease ends in half of it", (pollIntervalMs, within) => {
    const watch = { ...config, pollIntervalMs };
    expect(failoverMs(watch)).toBe(within);
    // It ends at the latest then, and the next beat of a waiting replica comes a third of the lease later.
    expect(leaseTtlMs(watch) * (1 + 1 / 3)).toBeLessThan(within);
  });
});
