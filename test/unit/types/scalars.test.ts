import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BigIntScalar, DateTime, Json } from "../../../src/types/scalars.js";

describe("DateTime", () => {
  it("writes milliseconds since the epoch as ISO-8601 in UTC with milliseconds", () => {
    expect(DateTime.serialize(1_524_189_990_635)).toBe("2018-04-20T02:06:30.635Z");
    expect(DateTime.serialize(0)).toBe("1970-01-01T00:00:00.000Z");
  });

  it.each([[8.64e15 + 1], [Number.NaN], ["soon"]])(
    "refuses %s, which is no time, as the upstream's fault",
    (value) => {
      expect(() => DateTime.serialize(value)).toThrow(
        expect.objectContaining({ code: "UPSTREAM_INVALID_RESPONSE" }),
      );
    },
  );
});

describe("BigInt", () => {
  it("writes a number while it is exact in JSON, else the digits", () => {
    expect(BigIntScalar.serialize("0")).toBe(0);
    expect(BigIntScalar.serialize("9007199254740991")).toBe(9_007_199_254_740_991);
    expect(BigIntScalar.serialize("-9007199254740991")).toBe(-9_007_199_254_740_991);
    expect(BigIntScalar.serialize("9007199254740992")).toBe("9007199254740992");
    expect(BigIntScalar.serialize("9223372036854775807")).toBe("9223372036854775807");
  });

  it("loses no digit of any 64-bit integer", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(BigInt(JSON.parse(JSON.stringify(BigIntScalar.serialize(String(value)))))).toBe(value);
      }),
    );
  });
});

describe("JSON", () => {
  it("passes any value on as it is", () => {
    const value = { cpuUsage: ["1", null], interval: 60, deep: { deeper: [true] } };
    expect(Json.serialize(value)).toBe(value);
  });
});
