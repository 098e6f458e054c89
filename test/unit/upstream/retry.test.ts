import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../../../src/upstream/resilience/backoff.js";
import { parseRetryAfter } from "../../../src/upstream/resilience/retry-after.js";

describe("the pause before a retry", () => {
  const delay = (attempt: number, random: number, rest: object = {}) =>
    retryDelayMs({ attempt, remainingMs: 15_000, random: () => random, ...rest });

  it("is drawn from zero to a ceiling that doubles", () => {
    expect([delay(0, 0), delay(0, 1), delay(1, 1), delay(2, 1), delay(5, 0.5)]).toEqual([
      0, 200, 400, 800, 3_200,
    ]);
  });

  it("is on top of what the upstream asks for", () => {
    expect(delay(0, 0.5, { retryAfterMs: 2_000 })).toBe(2_100);
  });

  it("is none when the budget would be used up by then", () => {
    expect(delay(0, 1, { remainingMs: 200 })).toBeUndefined();
    expect(delay(0, 1, { remainingMs: 201 })).toBe(200);
    expect(delay(0, 0, { remainingMs: 0 })).toBeUndefined();
    expect(delay(0, 0, { retryAfterMs: 15_000 })).toBeUndefined();
    expect(delay(5_000, 1)).toBeUndefined();
  });
});

describe("Retry-After", () => {
  const at = Date.UTC(2015, 9, 21, 7, 28, 0);
  const parse = (value: string, date?: string) =>
    parseRetryAfter({ "retry-after": value, ...(date && { date }) }, at);

  it("holds seconds", () => {
    expect([parse("0"), parse("120"), parse(" 5 ")]).toEqual([0, 120_000, 5_000]);
  });

  it("or a date, compared with the answer's own date if there is one", () => {
    expect(parse("Wed, 21 Oct 2015 07:28:30 GMT")).toBe(30_000);
    expect(parse("Wed, 21 Oct 2015 07:27:00 GMT")).toBe(0);
    expect(parse("Wed, 21 Oct 2015 07:28:30 GMT", "Wed, 21 Oct 2015 07:28:20 GMT")).toBe(10_000);
  });

  it("or nothing that can be used", () => {
    expect([parse("soon"), parse(""), parse("-1x"), parseRetryAfter({}, at)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
