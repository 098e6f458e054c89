import { describe, expect, it } from "vitest";
import { startSimulator } from "../support/simulator.js";
import { call, objects } from "./client.js";

describe("the resource specifications", () => {
  it("have the documented fields and are counted", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { body } = await call(simulator, "/job/resource-specs?job_type=train");
    const specs = objects(body, "specs");
    expect(body.spec_total_count).toBe(BigInt(specs.length));
    expect(specs[2]).toEqual({
      spec_id: 3n,
      core: "8",
      cpu: "64",
      gpu_num: 1n,
      gpu_type: "nvidia-v100",
      spec_code: "modelarts.p3.large.public",
      max_num: 8n,
      unit_num: 1n,
      storage: "3200",
      interface_type: 1n,
      no_resource: false,
    });
  });

  it("differ in max_num; one is sold out; one has an id beyond 2^53", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const specs = objects((await call(simulator, "/job/resource-specs")).body, "specs");
    expect(new Set(specs.map((spec) => spec.max_num)).size).toBeGreaterThan(3);
    expect(specs.filter((spec) => spec.no_resource === true).map((spec) => spec.spec_id)).toEqual([6n]);
    expect(specs.map((spec) => spec.spec_id)).toContain(9_007_199_254_740_993n);
  });

  it("are those of the job type and of the engine asked for", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const idsOf = async (query: string) =>
      objects((await call(simulator, `/job/resource-specs?${query}`)).body, "specs").map(
        (spec) => spec.spec_id,
      );
    expect(await idsOf("job_type=inference")).toEqual([21n]);
    expect(await idsOf("job_type=train&engine_id=13")).toContain(7n);
    expect(await idsOf("job_type=train&engine_id=1")).not.toContain(7n);
    expect(await idsOf("job_type=train&engine_id=0&project_type=0")).toContain(7n);
  });

  it.each(["job_type=other", "engine_id=x", "project_type=2147483648"])(
    "are refused with %s",
    async (query) => {
      await using simulator = await startSimulator({ habits: "clean" });
      expect((await call(simulator, `/job/resource-specs?${query}`)).status).toBe(400);
    },
  );
});

describe("the engines", () => {
  it("have the documented fields, the vendor's sample's among them", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { body } = await call(simulator, "/job/ai-engines?job_type=train");
    expect(objects(body, "engines")[0]).toEqual({
      engine_type: 1n,
      engine_id: 1n,
      engine_name: "TensorFlow",
      engine_version: "TF-1.8.0-python2.7",
    });
    const inference = await call(simulator, "/job/ai-engines?job_type=inference");
    expect(objects(inference.body, "engines").map((engine) => engine.engine_id)).toEqual([104n]);
  });
});

describe("the built-in algorithms", () => {
  it("have the documented fields; parameter is a string of JSON", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { body } = await call(simulator, "/built-in-algorithms?search_content=bert");
    const [model] = objects(body, "models");
    expect(body.model_total_count).toBe(1n);
    expect(model).toMatchObject({
      model_id: 4n,
      model_name: "BERT_Base",
      model_usage: 4n,
      engine_name: "TensorFlow",
    });
    expect(JSON.parse(String(model?.parameter))[0]).toMatchObject({ label: "batch_size", required: true });
  });

  it("are sorted and paged as asked", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const names = async (query: string) =>
      objects((await call(simulator, `/built-in-algorithms?${query}`)).body, "models").map(
        (model) => model.model_name,
      );
    const ascending = await names("sortBy=model_name&order=asc");
    expect(ascending).toEqual(ascending.toSorted());
    expect(await names("sortBy=model_name")).toEqual(ascending.toReversed());
    expect(await names("sortBy=model_size&order=asc&per_page=1&page=2")).toEqual(["ResNet_v1_50"]);
  });

  it.each(["per_page=101", "page=0", "sortBy=name"])("are refused with %s", async (query) => {
    await using simulator = await startSimulator({ habits: "clean" });
    expect((await call(simulator, `/built-in-algorithms?${query}`)).status).toBe(400);
  });
});
