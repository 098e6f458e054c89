import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bool,
  epochMillis,
  int,
  items,
  json,
  longDigits,
  longId,
  objects,
  text,
  textAsIs,
} from "../../../src/upstream/decode/values.js";

const NOTHING = [undefined, null, "", {}, [], [1]];

const asItIs = <T>(item: T) => item;

describe("reading values leniently", () => {
  it("reads texts that come as numbers or booleans, and takes an empty one for none", () => {
    expect([text(2), text("8"), text(0.01), text(0), text(true)]).toEqual(["2", "8", "0.01", "0", "true"]);
    expect(NOTHING.map(text)).toEqual(NOTHING.map(() => null));
  });

  it("keeps an empty text where it means something", () => {
    expect([textAsIs(""), textAsIs(undefined), textAsIs(null)]).toEqual(["", null, null]);
  });

  it("reads 32-bit integers that come as strings, and nothing beyond 32 bits", () => {
    expect([int("8"), int(8), int(" 8 "), int("8.0"), int("-1"), int(2 ** 31 - 1)]).toEqual([
      8,
      8,
      8,
      8,
      -1,
      2 ** 31 - 1,
    ]);
    expect([int(2 ** 31), int("9007199254740993"), int(1.5), int("8 GB"), int(true)]).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(NOTHING.map(int)).toEqual(NOTHING.map(() => null));
  });

  it("reads ids as digits, with every digit, whether they come as numbers or as strings", () => {
    expect([longId(10), longId("10"), longId("010"), longId("9223372036854775807"), longId(0)]).toEqual([
      "10",
      "10",
      "10",
      "9223372036854775807",
      "0",
    ]);
  });

  it("takes no id below the minimum, beyond 64 bits, or that has lost digits already", () => {
    for (const value of ["9223372036854775808", -1, "-1", 1.5, "1e3", "0x10", 2 ** 53, true, ...NOTHING])
      expect(longId(value)).toBeNull();
    expect(longId(0, 1n)).toBeNull();
  });

  it("reads durations as digits of a signed 64-bit integer", () => {
    expect([longDigits(1502), longDigits("1502"), longDigits("-9223372036854775808")]).toEqual([
      "1502",
      "1502",
      "-9223372036854775808",
    ]);
    expect([longDigits("-9223372036854775809"), longDigits(1e21), longDigits("")]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("reads instants, and takes one that no Date can hold for none", () => {
    expect([epochMillis(1524189990635), epochMillis("1524189990635"), epochMillis(8.64e15)]).toEqual([
      1524189990635, 1524189990635, 8.64e15,
    ]);
    expect([epochMillis(8.64e15 + 2), epochMillis("9223372036854775807"), epochMillis("soon")]).toEqual([
      null,
      null,
      null,
    ]);
    expect(NOTHING.map(epochMillis)).toEqual(NOTHING.map(() => null));
  });

  it("reads truth values in any notation", () => {
    expect([bool(true), bool("true"), bool("TRUE"), bool(1), bool("1")]).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect([bool(false), bool("False"), bool(0), bool("0")]).toEqual([false, false, false, false]);
    expect([...NOTHING, "maybe", 2].map(bool)).toEqual([...NOTHING, "maybe", 2].map(() => null));
  });

  it("reads JSON that comes as a string, large integers included", () => {
    expect(json('{"a":[9223372036854775807]}')).toEqual({ a: ["9223372036854775807"] });
    expect(json({ a: 1 })).toEqual({ a: 1 });
    expect([json("no JSON"), json(""), json(null), json(undefined)]).toEqual([null, null, null, null]);
  });

  it("reads lists that come as strings, and skips items that are no objects", () => {
    expect(items("[1,2]")).toEqual([1, 2]);
    expect(objects([{ a: 1 }, null, "x", [], { b: 2 }], asItIs)).toEqual([{ a: 1 }, { b: 2 }]);
    expect(objects('[{"a":1}, 2]', asItIs)).toEqual([{ a: 1 }]);
    expect([items(null), items(""), items({}), objects("{}", asItIs)]).toEqual([[], [], [], []]);
  });

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true }), (value) => {
        for (const read of [text, textAsIs, int, longId, longDigits, epochMillis, bool, json, items])
          read(value);
        objects(value, asItIs);
      }),
    );
  });
});
