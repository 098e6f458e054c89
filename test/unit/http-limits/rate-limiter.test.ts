import { pino } from "pino";
import { expect, test } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { createRateLimiter } from "../../../src/http/limits/index.js";
import { FakeClock } from "../../support/fake-clock.js";

const log = pino({ level: "silent" });

function limiter(perMinute: number, options: { clock?: FakeClock; maxIdentities?: number } = {}) {
  const { clock = new FakeClock(), ...rest } = options;
  return createRateLimiter({ perMinute, clock, log, ...rest });
}

/** How many of `attempts` operations are let through. */
function admitted(rate: { consume(key: string): void }, key: string, attempts: number): number {
  let count = 0;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      rate.consume(key);
      count += 1;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
  }
  return count;
}

test("as many operations as the limit says are let through at once, and no more", () => {
  expect(admitted(limiter(30), "credential:a", 100)).toBe(30);
});

test("each identity has its own count", () => {
  const rate = limiter(2);
  expect(admitted(rate, "credential:a", 5)).toBe(2);
  expect(admitted(rate, "address:192.0.2.1", 5)).toBe(2);
});

test("beyond the limit the error says how long to wait, and waiting so long is enough", async () => {
  const clock = new FakeClock();
  const rate = limiter(10, { clock });
  admitted(rate, "a", 10);
  let error: unknown;
  try {
    rate.consume("a");
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({
    code: "RATE_LIMITED",
    message: "More than 10 operations in a minute: try again in 66000 ms.",
    details: { retryAfterMs: 66_000 },
  });
  await clock.advance(65_999);
  expect(() => rate.consume("a")).toThrow("try again in 1 ms");
  await clock.advance(1);
  expect(() => rate.consume("a")).not.toThrow();
});

test("the turn of a minute does not give the limit twice", async () => {
  const clock = new FakeClock();
  const rate = limiter(60, { clock });
  await clock.advance(59_000);
  expect(admitted(rate, "a", 100)).toBe(60);
  await clock.advance(2_000);
  expect(admitted(rate, "a", 100)).toBeLessThanOrEqual(1);
});

test("refused operations do not count", async () => {
  const clock = new FakeClock();
  const rate = limiter(10, { clock });
  expect(admitted(rate, "a", 1_000)).toBe(10);
  await clock.advance(120_000);
  expect(admitted(rate, "a", 1_000)).toBe(10);
});

test("a limit of 0 lets everything through", () => {
  expect(admitted(limiter(0), "a", 10_000)).toBe(10_000);
});

test("no more identities are remembered than the bound says, the latest ones", () => {
  const rate = limiter(1, { maxIdentities: 100 });
  for (let n = 0; n < 10_000; n += 1) rate.consume(`credential:${n}`);
  expect(admitted(rate, "credential:9999", 1)).toBe(0);
  expect(admitted(rate, "credential:0", 1)).toBe(1);
});

test("without Redis nothing is left running", async () => {
  const clock = new FakeClock();
  const rate = limiter(10, { clock });
  rate.consume("a");
  expect(clock.sleeping).toBe(0);
  await rate.close();
});
