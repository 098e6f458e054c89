import { assert, integer, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { WINDOW_MS, waitMs, windowAt } from "../../../src/http/limits/sliding-window.js";

const MINUTE_START = 28_000_000 * WINDOW_MS;

test("an identity waits for nothing while the last minute holds less than the limit", () => {
  expect(waitMs({ previous: 0, current: 0 }, MINUTE_START, 1)).toBe(0);
  expect(waitMs({ previous: 0, current: 9 }, MINUTE_START, 10)).toBe(0);
});

test("the previous minute counts by the part of it that lies within the last 60 seconds", () => {
  const counts = { previous: 10, current: 5 };
  expect(waitMs(counts, MINUTE_START + 30_000, 10)).toBe(6_000);
  expect(waitMs(counts, MINUTE_START + 36_000, 10)).toBe(0);
});

test("a full minute must pass and then fade", () => {
  expect(waitMs({ previous: 0, current: 10 }, MINUTE_START + 20_000, 10)).toBe(46_000);
  expect(waitMs({ previous: 0, current: 1 }, MINUTE_START, 1)).toBe(120_000);
});

test("after the wait that it names, and not a millisecond earlier, one more operation is within the limit", () => {
  assert(
    property(
      nat(200),
      nat(200),
      integer({ min: 0, max: WINDOW_MS - 1 }),
      integer({ min: 1, max: 150 }),
      (previous, current, elapsed, limit) => {
        const start = MINUTE_START + elapsed;
        const waitAt = (now: number) => {
          const passed = windowAt(now) - windowAt(start);
          const counts = [
            { previous, current },
            { previous: current, current: 0 },
          ][passed];
          return waitMs(counts ?? { previous: 0, current: 0 }, now, limit);
        };
        const wait = waitAt(start);
        expect(waitAt(start + wait)).toBe(0);
        if (wait > 0) expect(waitAt(start + wait - 1)).toBeGreaterThan(0);
      },
    ),
    { numRuns: 2_000 },
  );
});
