import { describe, expect, it } from "vitest";
import { parseJson, stringifyJson } from "../../simulator/json.js";

describe("the simulator's JSON", () => {
  it("keeps every digit of the greatest Long in both directions", () => {
    const text = '{"job_id":9223372036854775807,"start_line":1551252759254000002}';
    expect(parseJson(text)).toEqual({ job_id: 9223372036854775807n, start_line: 1551252759254000002n });
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  it("tells integers from decimals, and numbers from texts that look like them", () => {
    expect(parseJson('[1, 1.0, 1e2, -7, "1"]')).toEqual([1n, 1, 100, -7n, "1"]);
  });

  it("reads what JSON.parse reads", () => {
    const text = ' {"a" : [true, false, null, "q\\"\\u00e9\\n\\\\"], "b": {}, "c": [], "__proto__": "x"} ';
    expect(stringifyJson(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it.each(["", "{", "[1,]", '{"a":1,}', "01", "tru", '{"a" 1}', "[1] 2", '"\u0001"', "NaN", "{'a':1}"])(
    "refuses %j",
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it("leaves members without a value out", () => {
    expect(stringifyJson({ a: undefined, b: null, c: 0.5 })).toBe('{"b":null,"c":0.5}');
  });
});
