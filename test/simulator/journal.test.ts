import { describe, expect, it } from "vitest";
import { startSimulator } from "../support/simulator.js";
import { call, sampleBody } from "./client.js";

describe("the journal", () => {
  it("holds a request as it came: method, path, query, headers and the raw body", async () => {
    await using simulator = await startSimulator();
    const body = '{ "job_desc":\t"é" , "config": {"spec_id": 9223372036854775807} }';
    await call(simulator, "/training-jobs/10/versions/?x=1&y=a%20b", {
      method: "POST",
      body,
      headers: { "X-Request-Id": "abc" },
    });
    expect(simulator.journal.entries()).toEqual([
      {
        id: 1,
        route: "createVersion",
        method: "POST",
        path: "/v1/demo-project/training-jobs/10/versions/",
        query: { x: "1", y: "a b" },
        projectId: "demo-project",
        jobId: "10",
        versionId: "",
        headers: expect.objectContaining({ "x-auth-token": "demo-token", "x-request-id": "abc" }),
        body,
        receivedAt: simulator.clock.now(),
        processed: false,
        status: expect.any(Number),
        end: "answered",
      },
    ]);
  });

  it("is filtered and counted by call", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    await call(simulator, "/training-jobs");
    await call(simulator, "/training-jobs/10/versions/20");
    await call(simulator, "/training-jobs/10/versions/424242");
    const { journal } = simulator;
    expect(journal.entries({ route: "getVersion", status: 404 }).map((entry) => entry.versionId)).toEqual([
      "424242",
    ]);
    expect(journal.counts()).toEqual({ listJobs: 1, getVersion: 2 });
    expect([journal.count(), journal.count("getVersion"), journal.count("createVersion")]).toEqual([3, 2, 0]);
  });

  it("tells what was carried out from what was refused", async () => {
    await using simulator = await startSimulator();
    const create = (body: object) =>
      call(simulator, "/training-jobs/10/versions", { method: "POST", body: JSON.stringify(body) });
    await create(sampleBody());
    await create({});
    expect(simulator.journal.entries().map((entry) => entry.processed)).toEqual([true, false]);
  });

  it("is emptied on demand, counts included", async () => {
    await using simulator = await startSimulator();
    await call(simulator, "/training-jobs");
    simulator.journal.clear();
    expect([simulator.journal.entries(), simulator.journal.count()]).toEqual([[], 0]);
  });

  it("keeps the newest entries up to its capacity, and counts them all", async () => {
    await using simulator = await startSimulator({ journalCapacity: 2 });
    for (let page = 1; page <= 9; page += 1) await call(simulator, `/training-jobs?page=${page}`);
    expect(simulator.journal.entries().map((entry) => entry.query.page)).toEqual(["8", "9"]);
    expect(simulator.journal.count()).toBe(9);
  });

  it("is waited for", async () => {
    await using simulator = await startSimulator();
    const waiting = simulator.untilRequested({ route: "listJobs" }, 2);
    await call(simulator, "/training-jobs?page=1");
    await call(simulator, "/training-jobs?page=2");
    expect((await waiting).map((entry) => entry.query.page)).toEqual(["1", "2"]);
  });
});
