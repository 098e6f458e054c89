import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LongId } from "../../../src/domain/index.js";
import { type Cursor, cursorTag, decodeCursor, encodeCursor } from "../../../src/watch/cursor.js";

const tag = cursorTag({ projectId: "p", jobId: "10" as LongId });

const cursor: fc.Arbitrary<Cursor> = fc.record(
  {
    incarnation: fc.uuid(),
    seq: fc.maxSafeNat(),
    upTo: fc.record({
      createTime: fc.option(fc.maxSafeNat()),
      versionId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map((value) => String(value) as LongId),
    }),
  },
  { requiredKeys: ["incarnation", "seq"] },
);

describe("a cursor", () => {
  test("survives the way to the client and back, with every digit", () => {
    fc.assert(
      fc.property(cursor, (one) => {
        expect(decodeCursor(tag, encodeCursor(tag, one))).toEqual(one);
      }),
    );
  });

  test("is text that needs no escaping anywhere", () => {
    fc.assert(
      fc.property(cursor, (one) => {
        expect(encodeCursor(tag, one)).toMatch(/^[A-Za-z0-9_-]{1,512}$/);
      }),
    );
  });

  test("that was not made here is refused as a violation, whatever it is", () => {
    const refused = (text: string) => {
      expect(() => decodeCursor(tag, text)).toThrow(expect.objectContaining({ code: "BAD_USER_INPUT" }));
    };
    fc.assert(fc.property(fc.string(), refused));
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        refused(Buffer.from(JSON.stringify(value)).toString("base64url")),
      ),
    );
  });

  test("of another job or project has another tag", () => {
    const job = "10" as LongId;
    const others = [
      cursorTag({ projectId: "p", jobId: "11" as LongId }),
      cursorTag({ projectId: "q", jobId: job }),
    ];
    for (const other of others) {
      const text = encodeCursor(other, { incarnation: "i", seq: 1 });
      expect(() => decodeCursor(tag, text)).toThrow(/another job/);
    }
  });
});
