import { describe, expect, it } from "vitest";
import type { LongId } from "../../../src/domain/index.js";
import { sourced } from "../../../src/upstream/decode/sourced.js";
import { readVersionDetails } from "../../../src/upstream/resources/versions.js";
import { heapInUse } from "../../support/heap.js";

const MEBIBYTE = 1024 * 1024;
const TEXT = '{"version_id":20}';
const answer = { body: JSON.parse(TEXT), text: TEXT };

describe("What an answer was read from", () => {
  it("tells how long it is, and says the same each time", () => {
    const { value, source } = sourced(answer, (body) => ({ id: body.version_id }));
    expect(value).toEqual({ id: 20 });
    expect(source?.characters).toBe(TEXT.length);
    expect(source?.read()).toEqual(value);
    expect(source?.read()).not.toBe(value);
  });

  it("is kept without the query that names the job", () => {
    const before = heapInUse();
    const kept = Array.from({ length: 100 }, (_, index) => {
      const query = `{ trainingJobVersion(jobId: "${9_000_000_000_000_000 + index}") }`.padEnd(MEBIBYTE, "#");
      return readVersionDetails(answer, query.slice(29, 45) as LongId).source;
    });
    expect(heapInUse() - before).toBeLessThan(10 * MEBIBYTE);
    expect(kept[7]?.read().jobId).toBe("9000000000000007");
  });
});
