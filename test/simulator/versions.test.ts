import { describe, expect, it } from "vitest";
import { STATUS, startSimulator } from "../support/simulator.js";
import { call, objects, sampleBody } from "./client.js";

describe("the list of versions", () => {
  it("has all versions on page 0", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { body } = await call(simulator, "/training-jobs/12/versions?page=0");
    const ids = objects(body, "versions").map((version) => version.version_id);
    expect(new Set(ids)).toEqual(new Set(Array.from({ length: 53 }, (_, index) => 201n + BigInt(index))));
    expect(body).toMatchObject({
      is_success: true,
      job_id: 12n,
      job_name: "bert-nightly",
      version_count: 53n,
    });
  });

  it("has 10 versions on any other page unless told", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const pages = await Promise.all(
      [1, 2, 3].map(async (page) =>
        objects((await call(simulator, `/training-jobs/11/versions?page=${page}`)).body, "versions"),
      ),
    );
    expect(pages.map((page) => page.length)).toEqual([10, 10, 0]);
    expect(new Set(pages.flat().map((version) => version.version_id)).size).toBe(20);
    const { body } = await call(simulator, "/training-jobs/11/versions?per_page=15&page=2");
    expect(objects(body, "versions")).toHaveLength(5);
  });

  it("is empty for a job without versions", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { body } = await call(simulator, "/training-jobs/13/versions?page=0");
    expect(body).toMatchObject({ is_success: true, version_count: 0n, versions: [] });
  });

  it("fails with error_msg where the others say error_message", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const list = await call(simulator, "/training-jobs/424242/versions?page=0");
    expect([list.status, list.body]).toEqual([
      404,
      {
        is_success: false,
        error_code: "ModelArts.0015",
        error_msg: "The training job 424242 does not exist.",
      },
    ]);
    const details = await call(simulator, "/training-jobs/424242/versions/1");
    expect(details.body.error_message).toBe("The training job 424242 does not exist.");
  });
});

describe("a version", () => {
  it("carries gpu in the list only, spec_code in its details only", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { body: list } = await call(simulator, "/training-jobs/10/versions?page=0");
    const inList = objects(list, "versions").find((version) => version.version_id === 20n);
    const { body: details } = await call(simulator, "/training-jobs/10/versions/20");
    expect([inList?.gpu, inList?.spec_code]).toEqual([false, undefined]);
    expect([details.gpu, details.spec_code]).toEqual([undefined, "modelarts.vm.cpu.2u"]);
  });

  it("has its details flat, with its job's id, name and description", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { body } = await call(simulator, "/training-jobs/10/versions/20");
    expect(body).toMatchObject({
      is_success: true,
      job_id: 10n,
      job_name: "TestModelArtsJob",
      job_desc: "This is a ModelArts job",
      version_id: 20n,
      version_name: "V0003",
      pre_version_id: 19n,
      status: 10n,
      engine_name: "TensorFlow",
      core: "2",
      cpu: "8",
      parameter: [
        { label: "learning_rate", value: "0.01" },
        { label: "batch_size", value: "32" },
      ],
    });
    expect(Object.keys(body.system_metric_list as object)).toContain("cpuUsage");
    expect(body.model_metric_list).toHaveProperty("total_metric.total_metric_values.f1_score");
  });

  it("that does not exist is answered with 404 ModelArts.0015", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const answer = await call(simulator, "/training-jobs/10/versions/101");
    expect([answer.status, answer.body.error_code]).toEqual([404, "ModelArts.0015"]);
  });

  it("that runs is stopped: KILLING at once, KILLED a little later", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    simulator.setStatus(10, 20, STATUS.RUNNING);
    const answer = await call(simulator, "/training-jobs/10/versions/20/stop", { method: "POST" });
    expect(answer.body).toEqual({ is_success: true });
    expect(simulator.statusOf(10, 20)).toBe(STATUS.KILLING);
    simulator.clock.advance(3_000);
    expect(simulator.statusOf(10, 20)).toBe(STATUS.KILLED);
  });

  it("that has ended cannot be stopped", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const answer = await call(simulator, "/training-jobs/10/versions/20/stop", { method: "POST" });
    expect([answer.status, answer.body.error_code]).toEqual([400, "ModelArts.0104"]);
    expect(simulator.statusOf(10, 20)).toBe(STATUS.COMPLETED);
  });

  it("is deleted a little after the answer, and its job goes on", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const path = "/training-jobs/10/versions/20";
    expect((await call(simulator, path, { method: "DELETE" })).body).toEqual({ is_success: true });
    expect((await call(simulator, path)).status).toBe(200);
    simulator.clock.advance(2_000);
    expect((await call(simulator, path)).status).toBe(404);
    const { body } = await call(simulator, "/training-jobs/10/versions?page=0");
    expect(body.version_count).toBe(2n);
    const refused = await call(simulator, "/training-jobs/10/versions", {
      method: "POST",
      body: sampleBody(),
    });
    expect(refused.body.error_message).toBe("pre_version_id 20 is no version of training job 10.");
  });
});

describe("a version's logs", () => {
  it("are one file for a single node and several for a distributed version", async () => {
    await using simulator = await startSimulator();
    const { id } = simulator.addVersion(10, { config: { worker_server_num: 3, spec_id: 1n } });
    const single = await call(simulator, "/training-jobs/10/versions/20/log/file-names");
    const distributed = await call(simulator, `/training-jobs/10/versions/${id}/log/file-names`);
    expect(single.body).toEqual({ is_success: true, log_file_list: ["job-20-V0003-worker-0.log"] });
    expect(distributed.body.log_file_list).toHaveLength(3);
  });

  const LOG = "/training-jobs/10/versions/20/aom-log?log_file=job-20-V0003-worker-0.log";

  it("end with the latest lines, and have cursors of 19 digits as bare integers", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { body, text } = await call(simulator, `${LOG}&lines=2`);
    expect(body.lines).toBe(2n);
    expect(String(body.content).split("\n")).toHaveLength(3);
    expect(text).toMatch(/"start_line":\d{19},"end_line":\d{19}\b/);
  });

  it("are read back and forth from a cursor, each line once", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const latest = (await call(simulator, `${LOG}&lines=3`)).body;
    const before = (await call(simulator, `${LOG}&lines=3&order=asc&base_line=${latest.start_line}`)).body;
    const again = (await call(simulator, `${LOG}&lines=3&order=desc&base_line=${before.end_line}`)).body;
    expect(again).toEqual(latest);
    expect(before.end_line).not.toEqual(latest.start_line);
    const next = (await call(simulator, `${LOG}&order=desc&base_line=${latest.end_line}`)).body;
    expect(next).toEqual({ is_success: true, lines: 0n });
  });

  it("grow while the version runs", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { id } = simulator.addVersion(10, { status: STATUS.RUNNING });
    const path = `/training-jobs/10/versions/${id}/aom-log?log_file=job-${id}-V0004-worker-0.log`;
    expect((await call(simulator, path)).body.lines).toBe(1n);
    simulator.clock.advance(25_000);
    expect((await call(simulator, path)).body.lines).toBe(6n);
  });

  it.each([
    "",
    "log_file=other.log",
    "log_file=job-20-V0003-worker-0.log&lines=501",
    "log_file=job-20-V0003-worker-0.log&base_line=x",
  ])("are refused with the query %j", async (query) => {
    await using simulator = await startSimulator({ habits: "clean" });
    expect((await call(simulator, `/training-jobs/10/versions/20/aom-log?${query}`)).status).toBe(400);
  });
});
