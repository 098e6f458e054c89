import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../simulator/json.js";
import { STATUS, startSimulator, type TestSimulator } from "../support/simulator.js";
import { call, objects, sampleBody } from "./client.js";

async function namesOf(simulator: TestSimulator, query: string): Promise<unknown[]> {
  return objects((await call(simulator, `/training-jobs?${query}`)).body, "jobs").map((job) => job.job_name);
}

async function startWithThreeJobs(): Promise<TestSimulator> {
  const simulator = await startSimulator({ habits: "clean" });
  simulator.addJob({ id: 501, name: "sorted-b", desc: "2" });
  simulator.addVersion(501, { status: STATUS.RUNNING });
  simulator.clock.advance(1_000);
  simulator.addJob({ id: 502, name: "sorted-A", desc: "3" });
  simulator.addVersion(502, { status: STATUS.COMPLETED });
  simulator.addVersion(502, { status: STATUS.COMPLETED });
  simulator.clock.advance(1_000);
  simulator.addJob({ id: 503, name: "sorted-c", desc: "1" });
  return simulator;
}

describe("the list of jobs", () => {
  it("shows a job with its current version under the documented names", async () => {
    await using simulator = await startWithThreeJobs();
    const current = simulator.store.job(simulator.projectId, 502).versions.at(-1);
    const { body } = await call(simulator, "/training-jobs?search_content=sorted-a");
    expect(body).toEqual({
      is_success: true,
      job_total_count: 1n,
      job_count_limit: 1_000n,
      quotas: 1_000n,
      jobs: [
        {
          job_id: 502n,
          job_name: "sorted-A",
          version_id: current?.id,
          status: 10n,
          create_time: BigInt(current?.createTime ?? 0),
          duration: 0n,
          job_desc: "3",
          version_count: 2n,
        },
      ],
    });
  });

  it("has 10 jobs on the first page unless told, by name, and counts all", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { body } = await call(simulator, "/training-jobs");
    const names = objects(body, "jobs").map((job) => String(job.job_name));
    expect(names).toHaveLength(10);
    expect(names).toEqual(names.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(body.job_total_count).toBe(BigInt(simulator.store.jobs(simulator.projectId).length));
  });

  it("pages through all jobs, each once, and then is empty", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const pages = await Promise.all(
      [1, 2, 3, 4, 5].map((page) => namesOf(simulator, `per_page=20&page=${page}`)),
    );
    const all = simulator.store.jobs(simulator.projectId);
    expect(new Set(pages.flat()).size).toBe(all.length);
    expect(pages.at(-1)).toEqual([]);
  });

  it.each([
    ["sortBy=job_name", ["sorted-A", "sorted-b", "sorted-c"]],
    ["sortBy=job_name&order=desc", ["sorted-c", "sorted-b", "sorted-A"]],
    ["sortBy=job_desc", ["sorted-c", "sorted-b", "sorted-A"]],
    ["sortBy=version_count&order=desc", ["sorted-A", "sorted-b", "sorted-c"]],
    ["sortBy=create_time", ["sorted-b", "sorted-A", "sorted-c"]],
    ["sortBy=status&order=desc", ["sorted-A", "sorted-b", "sorted-c"]],
    ["sortBy=duration&order=desc", ["sorted-b", "sorted-c", "sorted-A"]],
    ["status=8", ["sorted-b"]],
    ["status=10", ["sorted-A"]],
    ["workspace_id=elsewhere", []],
  ])("understands %s", async (query, names) => {
    await using simulator = await startWithThreeJobs();
    expect(await namesOf(simulator, `search_content=sorted-&${query}`)).toEqual(names);
  });

  it.each([
    "per_page=0",
    "per_page=1001",
    "page=0",
    "page=65536",
    "page=x",
    "sortBy=engine",
    "order=up",
    "status=RUNNING",
    `search_content=${"x".repeat(65)}`,
  ])("refuses %s", async (query) => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { status, body } = await call(simulator, `/training-jobs?${query}`);
    expect([status, body.is_success]).toEqual([400, false]);
    expect(body.error_code).toMatch(/^ModelArts\.010[17]$/);
  });

  it("accepts the ends of the ranges and a trailing slash", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const query = `per_page=1000&page=65535&search_content=${"x".repeat(64)}`;
    expect((await call(simulator, `/training-jobs/?${query}`)).status).toBe(200);
  });
});

const NEW_JOB: JsonObject = { job_name: "new_job-1", ...sampleBody({ pre_version_id: undefined }) };

describe("creating a job", () => {
  it("creates its first version too", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { body } = await call(simulator, "/training-jobs", { method: "POST", body: NEW_JOB });
    expect(body).toMatchObject({
      is_success: true,
      job_name: "new_job-1",
      version_name: "V0001",
      status: 1n,
    });
    const versions = await call(simulator, `/training-jobs/${body.job_id}/versions?page=0`);
    expect(versions.body).toMatchObject({ version_count: 1n, job_desc: "This is a ModelArts job" });
  });

  it("creates none when create_version is false, and needs no train_url", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const body = { job_name: "bare", create_version: false, ...sampleBody({ train_url: undefined }) };
    const answer = await call(simulator, "/training-jobs", { method: "POST", body });
    expect(answer.body.version_id).toBeUndefined();
    const versions = await call(simulator, `/training-jobs/${answer.body.job_id}/versions?page=0`);
    expect(versions.body).toMatchObject({ version_count: 0n, versions: [] });
  });

  it.each([
    ["a name that is taken", { job_name: "TestModelArtsJob" }, "0103"],
    ["a name with a space", { job_name: "a b" }, "0107"],
    ["a name of 65 characters", { job_name: "x".repeat(65) }, "0107"],
    ["no name", { job_name: undefined }, "0101"],
    [
      "volumes that are neither nfs nor host_path",
      { config: { ...(NEW_JOB.config as JsonObject), volumes: [{}] } },
      "0104",
    ],
  ])("refuses %s", async (_what, change, code) => {
    await using simulator = await startSimulator({ habits: "clean" });
    const body = { ...NEW_JOB, ...change };
    const answer = await call(simulator, "/training-jobs", { method: "POST", body });
    expect([answer.status, answer.body.error_code]).toEqual([400, `ModelArts.${code}`]);
  });

  it("refuses more jobs than the quota with ModelArts.0116", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    simulator.store.project(simulator.projectId).jobCountLimit = 5;
    const answer = await call(simulator, "/training-jobs", { method: "POST", body: NEW_JOB });
    expect(answer.body.error_code).toBe("ModelArts.0116");
  });
});

describe("a job", () => {
  it("gets another description", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const answer = await call(simulator, "/training-jobs/10", {
      method: "PUT",
      body: { job_desc: "changed" },
    });
    expect(answer.body).toEqual({ is_success: true });
    expect((await call(simulator, "/training-jobs/10/versions/20")).body.job_desc).toBe("changed");
    const tooLong = { job_desc: "x".repeat(257) };
    expect((await call(simulator, "/training-jobs/10", { method: "PUT", body: tooLong })).status).toBe(400);
  });

  it("is deleted a little after the answer", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    expect((await call(simulator, "/training-jobs/10", { method: "DELETE" })).body).toEqual({
      is_success: true,
    });
    expect((await call(simulator, "/training-jobs/10/versions?page=0")).status).toBe(200);
    simulator.clock.advance(2_000);
    const answer = await call(simulator, "/training-jobs/10/versions?page=0");
    expect([answer.status, answer.body.error_code]).toEqual([404, "ModelArts.0015"]);
    expect((await call(simulator, "/training-jobs/10", { method: "DELETE" })).status).toBe(404);
  });

  it.each(["abc", "-1", "9223372036854775808", "1e3"])("has no id like %s", async (id) => {
    await using simulator = await startSimulator({ habits: "clean" });
    const answer = await call(simulator, `/training-jobs/${id}/versions`);
    expect([answer.status, answer.body.error_code]).toEqual([400, "ModelArts.0101"]);
  });
});

describe("a path that is no call", () => {
  it.each([
    ["GET", "//v1/demo-project/nothing"],
    ["PATCH", "//v1/demo-project/training-jobs"],
    ["GET", "//v2/demo-project/training-jobs"],
  ])("is answered as the API gateway does: %s %s", async (method, path) => {
    await using simulator = await startSimulator();
    const answer = await call(simulator, path, { method });
    expect([answer.status, answer.body.error_code]).toEqual([404, "APIGW.0101"]);
  });
});
