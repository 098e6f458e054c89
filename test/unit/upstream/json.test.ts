import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonWriter, parseJson, parseObject } from "../../../src/upstream/json.js";
import { id } from "../../support/upstream-client.js";

/** Strings in which a scan for numbers and quotes could lose its way. */
const TRICKY_TEXT = fc.constantFrom(
  '"\\""',
  '"\\\\"',
  '"a,1234567890123456789,b"',
  '":12345678901234567,"',
  '"\\u0022"',
);

const { json: JSON_TEXT } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    TRICKY_TEXT,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.array(tie("json")).map((items) => `[${items.join(" ,\n")}]`),
    fc
      .array(fc.tuple(TRICKY_TEXT, tie("json")))
      .map((fields) => `{${fields.map((field) => field.join(" : ")).join(",")}}`),
  ),
}));

const EDIT = fc.record({
  place: fc.nat(),
  removed: fc.nat({ max: 1 }),
  added: fc.constantFrom("", '"', "\\", ":", "0", "-", ",", ".", "e"),
});

/** JSON with up to two places changed, so that some of it is none. */
const EDITED_JSON = fc.tuple(JSON_TEXT, fc.array(EDIT, { maxLength: 2 })).map(([text, edits]) =>
  edits.reduce((before, { place, removed, added }) => {
    const at = place % (before.length + 1);
    return before.slice(0, at) + added + before.slice(at + removed);
  }, text),
);

/** A reviver that makes of integers in strings what `JSON.parse` makes of them without quotes. */
const withRoundedIntegers = (_: string, value: unknown) =>
  typeof value === "string" && /^-?\d{16,}$/.test(value) ? Number(value) : value;

describe("parsing the upstream's JSON", () => {
  it("keeps every digit of an integer that JavaScript would round", () => {
    expect(parseJson('{"start_line": 1551252759254000002}')).toEqual({ start_line: "1551252759254000002" });
    expect(parseJson("[9223372036854775807,-9223372036854775808]")).toEqual([
      "9223372036854775807",
      "-9223372036854775808",
    ]);
    expect(parseJson('{"a":\n\t 9007199254740993}')).toEqual({ a: "9007199254740993" });
  });

  it.each(["9007199254740993", "-9007199254740993", "9223372036854775807"])(
    "keeps every digit of %s wherever in the text it stands",
    (digits) => {
      for (let before = 0; before < 40; before++) {
        const text = `{"a":"${"x".repeat(before)}","id":${digits},"b":123456789012345}`;
        expect(parseJson(text)).toMatchObject({ id: digits, b: 123_456_789_012_345 });
      }
    },
  );

  it("leaves integers that are exact, and fractions, numbers", () => {
    expect(
      parseJson('{"a":9007199254740991,"b":0.1234567890123456,"c":1e30,"d":1234567890123456.5}'),
    ).toEqual({ a: 9007199254740991, b: 0.1234567890123456, c: 1e30, d: 1234567890123456.5 });
  });

  it.each([
    "1e-12345678901234567",
    "1E-12345678901234567",
    "1e+12345678901234567",
    "1.5e+0000000000000001",
    "-0.12345678901234567",
  ])("leaves %s what JSON.parse makes of it", (number) => {
    expect(parseJson(`{"a":${number},"b":9007199254740993}`)).toEqual({
      a: JSON.parse(number),
      b: "9007199254740993",
    });
  });

  it("reads numbers and gaps of any length", () => {
    const digits = "9".repeat(6_000_000);
    expect(parseJson(`[${digits}${" ".repeat(6_000_000)}]`)).toEqual([digits]);
  });

  it("takes the last of repeated keys, with large integers as without", () => {
    expect(parseJson('{"a":1,"a":2}')).toEqual({ a: 2 });
    expect(parseJson('{"a":1,"a":9007199254740993}')).toEqual({ a: "9007199254740993" });
  });

  it("agrees with JSON.parse wherever that loses nothing", () => {
    const forceLossless = ',"x":9007199254740993}';
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/(?<![.\d])\d{16,}(?!\.)/.test(text));
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(parseJson(`{"v":${text}${forceLossless}`)).toEqual({
          v: JSON.parse(text),
          x: "9007199254740993",
        });
      }),
    );
  });

  it("keeps every 64-bit integer exact, there and back", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (value) => {
        const json = new JsonWriter();
        const written = json.write({ spec_id: json.integer(id(String(value))) });
        expect(written).toBe(`{"spec_id":${value}}`);
        expect(String(parseObject(written)?.spec_id)).toBe(String(value));
      }),
    );
  });

  it.each([
    "{1234567890123456789:1}",
    '{"a":1,1234567890123456789 :2}',
    '{"a":01234567890123456789}',
    '{"a":1 1234567890123456789}',
    '{"a":1234567890123456789-}',
    '{"a":--1234567890123456789}',
    '{"a":12345678901234567890"}',
    '{"a":"1234567890123456789',
    '{"a":"1234567890123456789\\"}',
  ])("refuses %s as JSON.parse does", (text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it("differs from JSON.parse only in digits, whatever is done to a text", () => {
    fc.assert(
      fc.property(EDITED_JSON, (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text, withRoundedIntegers);
        } catch {
          expect(() => parseJson(text)).toThrow(SyntaxError);
          return;
        }
        expect(JSON.parse(JSON.stringify(parseJson(text)), withRoundedIntegers)).toEqual(
          JSON.parse(JSON.stringify(expected)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it("is undefined for anything but a JSON object", () => {
    const deep = `${"[".repeat(200_000)}1234567890123456789`;
    for (const text of [
      "",
      "null",
      "[]",
      "12",
      '"text"',
      "<html>",
      '{"a":',
      deep,
      '{"a":1234567890123456789',
    ])
      expect(parseObject(text)).toBeUndefined();
  });
});

describe("writing JSON for the upstream", () => {
  it("leaves out what was not given and keeps the order of the rest", () => {
    expect(new JsonWriter().write({ b: 1, gone: undefined, a: "text", c: [{ x: undefined, y: "" }] })).toBe(
      '{"b":1,"a":"text","c":[{"y":""}]}',
    );
  });
});
