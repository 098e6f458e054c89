import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../simulator/json.js";
import { startSimulator } from "../support/simulator.js";
import { call, objects } from "./client.js";

const DETAILS = "/training-jobs/10/versions/20";

describe("the wire's habits on demand", () => {
  it("numbers as strings, with every digit", async () => {
    await using simulator = await startSimulator({ habits: { numbersAsStrings: true } });
    const id = "9223372036854775807";
    const { body } = await call(simulator, `/training-jobs/${id}/versions/${id}`);
    expect(body).toMatchObject({
      job_id: id,
      version_id: id,
      pre_version_id: "9223372036854775806",
      status: "10",
    });
    const list = await call(simulator, "/training-jobs");
    expect(list.body.job_total_count).toMatch(/^\d+$/);
  });

  it("strings as numbers", async () => {
    await using simulator = await startSimulator({ habits: { stringsAsNumbers: true } });
    const { body } = await call(simulator, DETAILS);
    expect(body).toMatchObject({ core: 2n, cpu: 8n, parameter: [{ value: 0.01 }, { value: 32n }] });
    expect(body.version_name).toBe("V0003");
  });

  it.each([
    ["omit", undefined],
    ["null", null],
    ["empty", ""],
  ] as const)("fields without a value: %s", async (absent, value) => {
    await using simulator = await startSimulator({ habits: { absent } });
    const { body } = await call(simulator, DETAILS);
    expect([body.model_id, body.pool_id, body.gpu_type, body.nas_type]).toEqual([value, value, value, value]);
    expect("model_id" in body).toBe(absent !== "omit");
  });

  it.each(["object", "string"] as const)("metric lists as %s", async (metrics) => {
    await using simulator = await startSimulator({ habits: { metrics } });
    const { body } = await call(simulator, DETAILS);
    for (const list of [body.model_metric_list, body.system_metric_list]) {
      expect(typeof list).toBe(metrics);
      expect(typeof (metrics === "string" ? JSON.parse(String(list)) : list)).toBe("object");
    }
  });

  it("fields that nobody has documented", async () => {
    await using simulator = await startSimulator({ habits: { unknownFields: true } });
    expect((await call(simulator, DETAILS)).body).toMatchObject({ train_flavor_tag: "general", labels: [] });
  });

  it("failures of the service with HTTP 200, but none of authentication", async () => {
    await using simulator = await startSimulator({ habits: { failuresWithHttp200: true } });
    const missing = await call(simulator, "/training-jobs/424242/versions/1");
    expect([missing.status, missing.body]).toMatchObject([
      200,
      { is_success: false, error_code: "ModelArts.0015" },
    ]);
    expect((await call(simulator, "/training-jobs", { headers: { "X-Auth-Token": "x" } })).status).toBe(403);
  });

  it("can be changed while it runs", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    simulator.setHabits({ numbersAsStrings: true });
    expect((await call(simulator, DETAILS)).body.status).toBe("10");
  });
});

describe("the mixed habits of the seed", () => {
  const typesOf = (records: JsonObject[], name: string): Set<string> =>
    new Set(records.map((record) => (record[name] === null ? "null" : typeof record[name])));

  it("show all of them in one list of versions", async () => {
    await using simulator = await startSimulator();
    const versions = objects((await call(simulator, "/training-jobs/12/versions?page=0")).body, "versions");
    expect(typesOf(versions, "status")).toEqual(new Set(["bigint", "string"]));
    const withSpec = versions.filter((version) => Boolean(version.spec_id));
    expect(typesOf(withSpec, "core")).toEqual(new Set(["bigint", "string"]));
    expect(typesOf(versions, "nas_type")).toEqual(new Set(["null", "string", "undefined"]));
    expect(typesOf(versions, "model_metric_list")).toEqual(
      new Set(["object", "string", "null", "undefined"]),
    );
    expect(typesOf(versions, "train_flavor_tag")).toEqual(new Set(["string", "undefined"]));
  });

  it("let some failures come with HTTP 200 and others not", async () => {
    await using simulator = await startSimulator();
    const ids = Array.from({ length: 20 }, (_, index) => 424_200 + index);
    const answers = await Promise.all(ids.map((id) => call(simulator, `/training-jobs/${id}/versions/1`)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 404]));
    expect(answers.every((answer) => answer.body.error_code === "ModelArts.0015")).toBe(true);
  });

  it("are the same in every run", async () => {
    const options = { clock: { mode: "manual", startAt: Date.UTC(2026, 0, 1) } } as const;
    const texts = await Promise.all(
      [1, 2].map(async () => {
        await using simulator = await startSimulator(options);
        return (await call(simulator, "/training-jobs/12/versions?page=0")).text;
      }),
    );
    expect(texts[0]).toBe(texts[1]);
  });
});
