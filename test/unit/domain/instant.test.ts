import * as fc from "fast-check";
import { expect, it } from "vitest";
import { isoInstant } from "../../../src/domain/index.js";

const MAX_DATE_MS = 8.64e15;
const asDate = (instant: number) => new Date(instant).toISOString();

it("writes every instant as Date does", () => {
  fc.assert(
    fc.property(fc.integer({ min: -MAX_DATE_MS, max: MAX_DATE_MS }), (instant) => {
      expect(isoInstant(instant)).toBe(asDate(instant));
    }),
  );
});

it("writes instants of days close to one another as Date does, in any order", () => {
  const near = fc.integer({ min: -200_000_000, max: 200_000_000 });
  fc.assert(
    fc.property(fc.array(near), (instants) => {
      expect(instants.map(isoInstant)).toEqual(instants.map(asDate));
    }),
  );
});

it("writes instants of thousands of days as Date does", () => {
  const noons = Array.from({ length: 3_000 }, (_, day) => (day + 0.5) * 86_400_000);
  expect(noons.map(isoInstant)).toEqual(noons.map(asDate));
  expect(noons.map(isoInstant)).toEqual(noons.map(asDate));
});

it.each([
  0,
  -1,
  999,
  86_399_999,
  86_400_000,
  951_782_400_000,
  253_402_300_800_000,
  MAX_DATE_MS,
  -MAX_DATE_MS,
])("writes the instant %d as Date does", (instant) => {
  expect(isoInstant(instant)).toBe(asDate(instant));
});

it("writes the millisecond in which an instant lies", () => {
  expect(isoInstant(1_524_189_990_635.9)).toBe("2018-04-20T02:06:30.635Z");
  expect(isoInstant(-0.5)).toBe("1970-01-01T00:00:00.000Z");
});
