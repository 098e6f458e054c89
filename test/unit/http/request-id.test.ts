import { describe, expect, it } from "vitest";
import { requestIdFrom } from "../../../src/http/request-id.js";

describe("a request id", () => {
  it.each(["a", "A.b_c-9", "x".repeat(128)])("is kept when it is %s", (given) => {
    expect(requestIdFrom(given)).toBe(given);
  });

  it.each(["", "a b", "x".repeat(129), "a\nb", 'a"b', undefined, ["a"], 7])(
    "is made when it is %j",
    (given) => {
      expect(requestIdFrom(given)).toMatch(/^[A-Za-z0-9_-]{16}\.\d+$/);
    },
  );

  it("is another one each time that it is made", () => {
    const ids = Array.from({ length: 1_000 }, () => requestIdFrom(undefined));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
