import { describe, expect, it } from "vitest";
import { id, job, version } from "./data.js";
import { replica } from "./replica.js";
import { settle } from "./scripted-upstream.js";

describe("How long an answer stays fresh", () => {
  it("answers a second operation from the cache while the list is fresh", async () => {
    const { operation, upstream } = replica();
    const first = operation().trainingJob(id(10));
    await settle();
    await upstream.last.answer(job([version(20)]));
    expect((await first)?.versions).toHaveLength(1);
    expect((await operation().trainingJob(id(10)))?.versions).toHaveLength(1);
    expect(upstream.calls).toHaveLength(1);
  });
});
