import { describe, expect, it } from "vitest";
import { compareLongIds, isLongId, type LongId } from "../../../src/domain/index.js";

describe("a 64-bit id", () => {
  it.each(["0", "1", "10", "9007199254740993", "9223372036854775807"])("may be %s", (id) => {
    expect(isLongId(id)).toBe(true);
  });

  it.each([
    "",
    "-1",
    "+1",
    "01",
    "1.0",
    "1e3",
    " 1",
    "1 ",
    "0x1",
    "9223372036854775808",
    "99999999999999999999",
    "١",
  ])("may not be %j", (id) => {
    expect(isLongId(id)).toBe(false);
  });

  it.each([1, 1n, null, undefined, {}, ["1"]])("may not be anything but a text (%s)", (id) => {
    expect(isLongId(id)).toBe(false);
  });

  it("can be asked to start at 1", () => {
    expect(isLongId("0", 1n)).toBe(false);
    expect(isLongId("1", 1n)).toBe(true);
  });

  it("is ordered by value, also beyond 2^53", () => {
    const ids = ["9223372036854775807", "9", "9007199254740993", "10", "9007199254740992"] as LongId[];
    expect(ids.toSorted(compareLongIds)).toEqual([
      "9",
      "10",
      "9007199254740992",
      "9007199254740993",
      "9223372036854775807",
    ]);
    expect(compareLongIds("7" as LongId, "7" as LongId)).toBe(0);
  });
});
