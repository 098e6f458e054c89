import { describe, expect, it } from "vitest";
import { brokenBy, type Fields, inputWith, NO_DATA, violationsOf } from "./validate.js";

describe("violations", () => {
  const TOO_LONG = "/bucket/".padEnd(5000, "x");

  it("say what would be right without echoing the value", async () => {
    const [violation] = await violationsOf(inputWith({ trainUrl: TOO_LONG }));
    expect(violation?.path).toEqual(["input", "config", "trainUrl"]);
    expect(violation?.message).toContain("1024 characters");
    expect(violation?.message.length).toBeLessThan(300);
  });

  it("come in the order of the input's fields, however the caller orders them", async () => {
    const broken = { trainUrl: "x", logUrl: "x", workerServerNum: 0, ...NO_DATA, dataUrl: "x", appUrl: "x" };
    const backwards = Object.fromEntries(Object.entries(inputWith(broken).config as Fields).toReversed());
    const expected = ["workerServerNum", "appUrl", "dataUrl", "trainUrl", "logUrl"];
    const input = { idempotencyKey: "", config: backwards, jobId: "0" };
    const paths = (await brokenBy(input)).map((line) => line.split(": ")[0]?.replace("config.", ""));
    expect(paths).toEqual(["jobId", ...expected, "idempotencyKey"]);
  });

  it("count null as left out", async () => {
    const nothing = { parameter: null, dataSource: null, poolId: null, modelId: null, userImageUrl: null };
    expect(
      await brokenBy(inputWith({ ...nothing, engineId: null, logUrl: null, userCommand: null })),
    ).toEqual([]);
  });
});
