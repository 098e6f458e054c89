import { describe, expect, it } from "vitest";
import { startSimulator } from "../support/simulator.js";

describe("the seed", () => {
  it("has several dozen jobs in each of two projects, the same ids under other names", async () => {
    await using simulator = await startSimulator();
    const mine = simulator.store.jobs(simulator.projectId);
    const theirs = simulator.store.jobs(simulator.other.projectId);
    expect(mine.length).toBeGreaterThanOrEqual(60);
    expect(theirs.map((job) => job.id)).toEqual(mine.map((job) => job.id));
    const names = new Set(mine.map((job) => job.name));
    expect(names.size).toBe(mine.length);
    expect(theirs.some((job) => names.has(job.name))).toBe(false);
  });

  it("has what the vendor's sample needs", async () => {
    await using simulator = await startSimulator();
    const { store, projectId } = simulator;
    expect(store.job(projectId, 10).name).toBe("TestModelArtsJob");
    expect(store.version(projectId, 10, 20).config).toMatchObject({ spec_id: 1n, engine_id: 1n });
    expect(store.project(projectId).specs[0]?.id).toBe(1n);
    expect(store.project(projectId).engines[0]?.id).toBe(1n);
  });

  it("has jobs with no, 20 and more than 50 versions", async () => {
    await using simulator = await startSimulator();
    const counts = [13, 11, 12].map((id) => simulator.store.job(simulator.projectId, id).versions.length);
    expect(counts).toEqual([0, 20, 53]);
  });

  it("has a job and a version with the greatest Long as id", async () => {
    await using simulator = await startSimulator();
    const id = "9223372036854775807";
    expect(simulator.store.version(simulator.projectId, id, id).id).toBe(2n ** 63n - 1n);
  });

  it("has a current version in every status of the vendor's table, and in one that it does not list", async () => {
    await using simulator = await startSimulator();
    const { store, projectId } = simulator;
    const statuses = new Set(
      store
        .jobs(projectId)
        .flatMap((job) => job.versions.slice(-1).map((version) => store.statusOf(version))),
    );
    for (let status = 0; status <= 21; status += 1) expect(statuses).toContain(status);
    expect([...statuses].filter((status) => status > 21)).toEqual([42]);
  });

  it("has metrics for versions that completed, and for no others", async () => {
    await using simulator = await startSimulator();
    const { store, projectId } = simulator;
    const versions = store.jobs(projectId).flatMap((job) => job.versions);
    const completed = versions.filter((version) => store.statusOf(version) === 10);
    expect(completed.length).toBeGreaterThan(40);
    expect(versions.filter((version) => version.metrics)).toEqual(completed);
  });

  it("can be left out", async () => {
    await using simulator = await startSimulator({ seeded: false });
    expect(simulator.store.hasProject("demo-project")).toBe(false);
  });
});
