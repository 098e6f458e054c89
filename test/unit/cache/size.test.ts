import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { charactersOf } from "../../../src/cache/size.js";
import { details, job, version } from "./data.js";

const lengthOf = (value: unknown) => JSON.stringify(value).length;

describe("the estimate of an answer's length as JSON", () => {
  it.each([
    ["a version", details(20)],
    ["a job with 20 versions", job(Array.from({ length: 20 }, (_, index) => version(index + 1)))],
  ])("is within a fifth of the length of %s", (_, answer) => {
    expect(charactersOf(answer) / lengthOf(answer)).toBeGreaterThan(0.8);
    expect(charactersOf(answer) / lengthOf(answer)).toBeLessThan(1.2);
  });

  it("is never below a sixth of the length, whatever the answer holds", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(charactersOf(value)).toBeGreaterThanOrEqual(lengthOf(value) / 6);
      }),
    );
  });
});
