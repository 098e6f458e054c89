import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../simulator/json.js";
import { STATUS, startSimulator } from "../support/simulator.js";
import { call, objects, sampleBody } from "./client.js";

const VERSIONS = "/training-jobs/10/versions";
const DATASET = { dataset_id: "38277e62", dataset_version_id: "2ff0d6ba" };
const NO_DATASET = { dataset_id: undefined, dataset_version_id: undefined };
const OBS = { type: "obs", data_url: "/usr/data/" };
const OF_DATASET = { type: "dataset", dataset_id: "38277e62", dataset_version: "2ff0d6ba" };

describe("creating a version", () => {
  it("answers the vendor's sample request with the documented fields and the first status", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { status, body } = await call(simulator, VERSIONS, { method: "POST", body: sampleBody() });
    expect(status).toBe(200);
    expect(body).toEqual({
      is_success: true,
      job_id: 10n,
      job_name: "TestModelArtsJob",
      status: 1n,
      create_time: BigInt(simulator.clock.now()),
      version_id: 10_001n,
      version_name: "V0004",
    });
  });

  it("shows what was sent in the details, and makes it the job's current version", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const created = await call(simulator, VERSIONS, { method: "POST", body: sampleBody() });
    const { body } = await call(simulator, `${VERSIONS}/${created.body.version_id}`);
    const { config } = sampleBody() as { config: JsonObject };
    const numbers = { worker_server_num: 1n, spec_id: 1n, engine_id: 1n, pre_version_id: 20n };
    expect(body).toMatchObject({ ...config, ...numbers, job_desc: "This is a ModelArts job" });
    const list = await call(simulator, "/training-jobs?search_content=TestModelArts");
    expect(objects(list.body, "jobs")[0]).toMatchObject({
      version_id: created.body.version_id,
      version_count: 4n,
    });
  });

  it("gives ids that are unique and increase across jobs", async () => {
    await using simulator = await startSimulator({ habits: "clean", firstNewId: 9_007_199_254_740_993n });
    const create = async (path: string, preVersionId: bigint) =>
      (await call(simulator, path, { method: "POST", body: sampleBody({ pre_version_id: preVersionId }) }))
        .body.version_id;
    expect([
      await create(VERSIONS, 20n),
      await create("/training-jobs/11/versions", 101n),
      await create(VERSIONS, 9_007_199_254_740_993n),
    ]).toEqual([9_007_199_254_740_993n, 9_007_199_254_740_994n, 9_007_199_254_740_995n]);
  });

  it("takes the greatest Long as job, previous version, without losing a digit", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const path = "/training-jobs/9223372036854775807/versions";
    const body = sampleBody({ pre_version_id: 9_223_372_036_854_775_807n, spec_id: 9_007_199_254_740_993n });
    const created = await call(simulator, path, { method: "POST", body });
    expect(created.body.job_id).toBe(9_223_372_036_854_775_807n);
    const details = await call(simulator, `${path}/${created.body.version_id}`);
    expect(details.body).toMatchObject({
      pre_version_id: 9_223_372_036_854_775_807n,
      spec_id: 9_007_199_254_740_993n,
    });
  });

  it.each<[string, JsonObject]>([
    ["a data_url", { ...NO_DATASET, data_url: "/usr/data/" }],
    ["obs data sources", { ...NO_DATASET, data_source: [OBS, OBS] }],
    ["dataset data sources", { ...NO_DATASET, data_source: [OF_DATASET] }],
    [
      "a built-in model without code and engine",
      { model_id: 1, app_url: undefined, boot_file_url: undefined, engine_id: undefined },
    ],
    ["a built-in model with code and engine beside it", { model_id: 1 }],
    ["a pool instead of a specification", { spec_id: undefined, pool_id: "pool1a2b3c4d" }],
    [
      "a custom image with its command",
      {
        user_image_url: "100.125.5.235:20202/jobmng/custom-cpu-base:1.0",
        user_command: "python x.py",
        engine_id: undefined,
      },
    ],
    ["as many nodes as the specification allows", { worker_server_num: 4 }],
    ["no log_url, no parameters", { log_url: undefined, parameter: undefined }],
    ["parameters with half of their fields", { parameter: [{ label: "only" }, { value: "1" }, {}] }],
  ])("accepts %s", async (_what, config) => {
    await using simulator = await startSimulator();
    const { body } = await call(simulator, VERSIONS, { method: "POST", body: sampleBody(config) });
    expect(body).toMatchObject({ is_success: true });
  });

  it.each<[string, JsonObject, string, string]>([
    ["spec_id as a string", { spec_id: "1" }, "0104", "spec_id must be an integer."],
    ["engine_id as a string", { engine_id: "1" }, "0104", "engine_id must be an integer."],
    ["pre_version_id as a string", { pre_version_id: "20" }, "0104", "pre_version_id must be an integer."],
    [
      "worker_server_num as a string",
      { worker_server_num: "1" },
      "0104",
      "worker_server_num must be an integer.",
    ],
    [
      "worker_server_num as a decimal",
      { worker_server_num: 1.5 },
      "0104",
      "worker_server_num must be an integer.",
    ],
    ["a null", { log_url: null }, "0104", "log_url must be a string."],
    ["train_url as a number", { train_url: 1 }, "0104", "train_url must be a string."],
    ["parameter as an object", { parameter: {} }, "0104", "parameter must be an array."],
    [
      "a parameter's value as a number",
      { parameter: [{ label: "a", value: 1 }] },
      "0104",
      "value must be a string.",
    ],
    ["no worker_server_num", { worker_server_num: undefined }, "0101", "worker_server_num is mandatory."],
    ["no train_url", { train_url: undefined }, "0101", "train_url is mandatory."],
    ["no pre_version_id", { pre_version_id: undefined }, "0101", "pre_version_id is mandatory."],
    ["no spec_id", { spec_id: undefined }, "0101", "spec_id is mandatory."],
    ["no engine_id", { engine_id: undefined }, "0101", "engine_id is mandatory."],
    ["no app_url", { app_url: undefined }, "0101", "app_url is mandatory: it goes with boot_file_url."],
    [
      "no boot_file_url",
      { boot_file_url: undefined },
      "0101",
      "boot_file_url is mandatory: it goes with app_url.",
    ],
    ["0 nodes", { worker_server_num: 0 }, "0107", "worker_server_num must be from 1 to 2147483647."],
    [
      "more nodes than max_num",
      { worker_server_num: 5 },
      "0107",
      "worker_server_num must be at most 4 with the specification 1.",
    ],
    ["an unknown specification", { spec_id: 999 }, "0107", "The resource specification 999 does not exist."],
    ["an unknown engine", { engine_id: 999 }, "0107", "The engine 999 does not exist."],
    ["an unknown model", { model_id: 999 }, "0107", "The built-in model 999 does not exist."],
    [
      "a previous version of another job",
      { pre_version_id: 101 },
      "0107",
      "pre_version_id 101 is no version of training job 10.",
    ],
    [
      "a spec_id beyond a Long",
      { spec_id: 2n ** 63n },
      "0107",
      "spec_id must be from 0 to 9223372036854775807.",
    ],
    [
      "a boot file outside the code directory",
      { boot_file_url: "/usr/apps/boot.py" },
      "0107",
      "boot_file_url must be stored in the code directory app_url.",
    ],
    [
      "a path that does not start with /",
      { train_url: "usr/train/" },
      "0107",
      "train_url must start with /.",
    ],
    ["spec_id beside pool_id", { pool_id: "pool1" }, "0104", "spec_id and pool_id exclude each other."],
    [
      "user_command without an image",
      { user_command: "ls" },
      "0104",
      "user_command goes with user_image_url.",
    ],
  ])("refuses %s", async (_what, config, code, message) => {
    await using simulator = await startSimulator({ habits: "clean" });
    const answer = await call(simulator, VERSIONS, { method: "POST", body: sampleBody(config) });
    expect([answer.status, answer.body]).toEqual([
      400,
      { is_success: false, error_code: `ModelArts.${code}`, error_message: message },
    ]);
    expect(objects((await call(simulator, `${VERSIONS}?page=0`)).body, "versions")).toHaveLength(3);
  });

  const EXACTLY_ONE =
    "Exactly one of data_url, dataset_id with dataset_version_id, and data_source must be given.";
  it.each<[string, JsonObject, string]>([
    ["none", {}, EXACTLY_ONE],
    ["a data_url beside a dataset", { ...DATASET, data_url: "/usr/data/" }, EXACTLY_ONE],
    ["a data_url beside data sources", { data_url: "/usr/data/", data_source: [OBS] }, EXACTLY_ONE],
    ["a dataset beside data sources", { ...DATASET, data_source: [OF_DATASET] }, EXACTLY_ONE],
    ["half of a dataset", { dataset_id: "1" }, "dataset_id and dataset_version_id must be given together."],
    ["no item", { data_source: [] }, "data_source must have at least one item."],
    ["both types", { data_source: [OBS, OF_DATASET] }, "data_source must not mix obs and dataset items."],
    [
      "a type in capitals",
      { data_source: [{ ...OBS, type: "OBS" }] },
      "data_source[0].type must be obs or dataset.",
    ],
    [
      "an obs item without data_url",
      { data_source: [OBS, { type: "obs" }] },
      "data_source[1].data_url is mandatory for an obs item.",
    ],
    [
      "an obs item with a dataset",
      { data_source: [{ ...OBS, dataset_id: "1" }] },
      "data_source[0] is an obs item: dataset_id and dataset_version must be left out.",
    ],
    [
      "a dataset item with data_url",
      { data_source: [{ ...OF_DATASET, data_url: "/a/" }] },
      "data_source[0] is a dataset item: data_url must be left out.",
    ],
    [
      "a dataset item without its version",
      { data_source: [{ type: "dataset", dataset_id: "1" }] },
      "data_source[0].dataset_version is mandatory for a dataset item.",
    ],
  ])("refuses data sets: %s", async (_what, dataSet, message) => {
    await using simulator = await startSimulator({ habits: "clean" });
    const body = sampleBody({ ...NO_DATASET, ...dataSet });
    const answer = await call(simulator, VERSIONS, { method: "POST", body });
    expect([answer.status, answer.body.error_message]).toEqual([400, message]);
  });

  it("counts job_desc in characters: 256 pass, 257 do not", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const create = (length: number) =>
      call(simulator, VERSIONS, { method: "POST", body: { ...sampleBody(), job_desc: "😀".repeat(length) } });
    expect((await create(256)).status).toBe(200);
    expect((await create(257)).body.error_code).toBe("ModelArts.0107");
  });

  it.each(["", "{", "[]", '"text"', "{}"])("refuses the body %j", async (text) => {
    await using simulator = await startSimulator({ habits: "clean" });
    const answer = await call(simulator, VERSIONS, { method: "POST", body: text });
    expect([answer.status, answer.body.error_code]).toEqual([400, "ModelArts.0101"]);
  });

  it("refuses a body that is not declared as JSON", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const headers = { "content-type": "text/plain" };
    const answer = await call(simulator, VERSIONS, { method: "POST", body: sampleBody(), headers });
    expect(answer.body.error_message).toBe("The header Content-Type must be application/json.");
  });

  it("does not know a job that does not exist", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const answer = await call(simulator, "/training-jobs/424242/versions", {
      method: "POST",
      body: sampleBody(),
    });
    expect([answer.status, answer.body.error_code]).toEqual([404, "ModelArts.0015"]);
  });

  it("refuses more versions than the quota with ModelArts.0118", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    simulator.store.project(simulator.projectId).versionCountLimit = 3;
    const answer = await call(simulator, VERSIONS, { method: "POST", body: sampleBody() });
    expect([answer.status, answer.body.error_code]).toEqual([400, "ModelArts.0118"]);
  });

  it("keeps a version waiting whose specification is sold out", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const created = await call(simulator, VERSIONS, { method: "POST", body: sampleBody({ spec_id: 6 }) });
    simulator.clock.advance(24 * 60 * 60 * 1_000);
    expect(simulator.statusOf(10, String(created.body.version_id))).toBe(STATUS.WAITING);
  });
});
