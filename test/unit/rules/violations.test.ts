import { describe, expect, it } from "vitest";
import { errorOf, Gateway } from "../resolvers/gateway.js";
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

  it("are all listed, however many, while the error's message names ten", async () => {
    const dataSource = Array.from({ length: 50 }, () => ({ type: "OBS", dataUrl: "x" }));
    const document = `mutation ($input: CreateTrainingJobVersionInput!) {
      createTrainingJobVersion(input: $input) { jobId }
    }`;
    const result = await new Gateway().run(document, { input: inputWith({ ...NO_DATA, dataSource }) });
    const indexes = errorOf(result).details.violations?.map(({ path }) => path[3]);
    expect(indexes).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
    expect(errorOf(result).message).toMatch(/dataSource\.9\.dataUrl \(obs-path\), and 40 more\.$/);
  });

  it("count null as left out", async () => {
    const nothing = { parameter: null, dataSource: null, poolId: null, modelId: null, userImageUrl: null };
    expect(
      await brokenBy(inputWith({ ...nothing, engineId: null, logUrl: null, userCommand: null })),
    ).toEqual([]);
  });
});
