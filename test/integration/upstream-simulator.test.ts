import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobListQuery } from "../../src/domain/index.js";
import type { UpstreamCall } from "../../src/ports.js";
import { SAMPLE_BODY } from "../support/sample.js";
import { STATUS, startSimulator, type TestSimulator } from "../support/simulator.js";
import {
  clientOf,
  failureOf,
  id,
  lookup,
  mutation,
  serviceCaller,
  vendorSample,
} from "../support/upstream-client.js";

let simulator: TestSimulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator[Symbol.asyncDispose]());

const callerOf = (projectId: string, token: string) => ({
  projectId,
  credential: { kind: "token", token } as const,
  credentialId: `hash of ${token}`,
});
const demo = () => callerOf(simulator.projectId, simulator.token);
const reading = (): UpstreamCall => lookup(demo());
const writing = (): UpstreamCall => mutation(demo());
const page: JobListQuery = { sortBy: "JOB_NAME", order: "ASC", page: 1, perPage: 1_000 };

describe("against a simulated ModelArts", () => {
  it("the vendor's sample request arrives as documented and creates a version that can be read and stopped", async () => {
    await using client = clientOf(simulator.url);
    const created = await client.createVersion(writing(), vendorSample);
    const [entry] = simulator.journal.entries({ route: "createVersion" });
    expect(JSON.parse(entry?.body ?? "")).toEqual(SAMPLE_BODY);
    expect(created).toMatchObject({ jobId: "10", status: "INIT", statusCode: 1 });
    const version = await client.getVersion(reading(), created.jobId, created.versionId);
    expect(version).toMatchObject({
      coverage: "details",
      jobId: "10",
      versionId: created.versionId,
      preVersionId: "20",
      parameter: vendorSample.config.parameter,
      datasetId: vendorSample.config.datasetId,
      datasetVersionId: vendorSample.config.datasetVersionId,
      appUrl: "/usr/app/",
      bootFileUrl: "/usr/app/boot.py",
      trainUrl: "/usr/train/",
      logUrl: "/usr/log/",
      workerServerNum: 1,
      specId: "1",
      engineId: "1",
    });
    await client.stopVersion(writing(), created.jobId, created.versionId);
    expect([STATUS.KILLING, STATUS.KILLED]).toContain(simulator.statusOf("10", created.versionId));
  });

  it("64-bit ids go there and back with every digit", async () => {
    const jobId = id("9223372036854775806");
    const versionId = id("9223372036854775807");
    simulator.addJob({ id: jobId });
    simulator.addVersion(jobId, { id: versionId });
    await using client = clientOf(simulator.url);
    expect(await client.getVersion(reading(), jobId, versionId)).toMatchObject({ jobId, versionId });
    expect((await client.listVersions(reading(), jobId)).versions.map((v) => v.versionId)).toEqual([
      versionId,
    ]);
    const { jobs } = await client.listJobs(reading(), { ...page, searchContent: "test-job" });
    expect(jobs[0]).toMatchObject({ jobId, currentVersion: { versionId } });
    await client.createVersion(writing(), {
      jobId,
      config: { ...vendorSample.config, preVersionId: versionId },
    });
    expect(simulator.journal.entries({ route: "createVersion" })[0]?.body).toContain(
      `"pre_version_id":${versionId}`,
    );
  });

  it("the same comes out however the upstream writes its answers", async () => {
    await using client = clientOf(simulator.url);
    const everything = async () => {
      const jobs = await client.listJobs(reading(), page);
      const versions = [];
      for (const { jobId } of jobs.jobs.slice(0, 12))
        versions.push(await client.listVersions(reading(), jobId));
      const details = [];
      for (const { jobId, versions: listed } of versions.slice(0, 5))
        for (const { versionId } of listed.slice(0, 3))
          details.push(await client.getVersion(reading(), jobId, versionId));
      const specs = await client.listResourceSpecs(reading(), { jobType: "TRAIN" });
      const engines = await client.listEngineSpecs(reading(), "TRAIN");
      // A version's empty description stays "" where it came as "", and is null where it was left out.
      return JSON.stringify({ jobs, versions, details, specs, engines }).replaceAll(
        '"jobDesc":null',
        '"jobDesc":""',
      );
    };
    simulator.setHabits("clean");
    const clean = await everything();
    expect(clean.length).toBeGreaterThan(20_000);
    expect(clean).not.toContain('"complete":false');
    for (const habits of [
      "mixed",
      { numbersAsStrings: true },
      { stringsAsNumbers: true },
      { absent: "null" },
      { absent: "empty" },
      { metrics: "string" },
      { unknownFields: true },
    ] as const) {
      simulator.setHabits(habits);
      expect(await everything()).toBe(clean);
    }
  });

  it("a version that does not exist is NOT_FOUND, with HTTP 404 as with HTTP 200", async () => {
    await using client = clientOf(simulator.url);
    for (const failuresWithHttp200 of [false, true]) {
      simulator.setHabits({ failuresWithHttp200 });
      for (const call of [
        client.getVersion(reading(), id("10"), id("999999999")),
        client.listVersions(reading(), id("999999999")),
        client.stopVersion(writing(), id("10"), id("999999999")),
      ])
        expect((await failureOf(call)).code).toBe("NOT_FOUND");
    }
  });

  it("a token of another project is refused", async () => {
    await using client = clientOf(simulator.url);
    const stranger = lookup(callerOf(simulator.projectId, simulator.other.token));
    const unknown = lookup(callerOf(simulator.projectId, "no-such-token"));
    expect((await failureOf(client.listVersions(stranger, id("10")))).code).toBe("FORBIDDEN");
    expect((await failureOf(client.listVersions(unknown, id("10")))).code).toBe("UNAUTHENTICATED");
  });

  for (const dialect of ["huaweicloud", "otc"] as const) {
    it(`AK/SK signatures of the dialect ${dialect} are accepted for every call`, async () => {
      const [key] = simulator.accessKeys;
      if (!key) throw new Error("The simulator has no access key");
      const [ak, sk] = [{ value: key.ak }, { value: key.sk }];
      const { region } = simulator;
      const identity =
        dialect === "otc"
          ? ({ kind: "ak-sk", ak, sk, dialect, region } as const)
          : ({ kind: "ak-sk", ak, sk, dialect } as const);
      // The simulator's clock stands still at its start: within the 15 minutes of a signature.
      await using client = clientOf(simulator.url, { identity });
      const caller = { ...serviceCaller, projectId: simulator.projectId };
      const read = lookup(caller);
      await client.listJobs(read, { ...page, searchContent: "a b'(c)*!~ü/?&=" });
      await client.listVersions(read, id("10"));
      await client.getVersion(read, id("10"), id("20"));
      await client.listResourceSpecs(read, { jobType: "TRAIN", engineId: id("1"), projectType: 0 });
      await client.listEngineSpecs(read, "INFERENCE");
      const created = await client.createVersion(mutation(caller), vendorSample);
      await client.stopVersion(mutation(caller), created.jobId, created.versionId);
      expect(simulator.journal.entries().every(({ status }) => status === 200)).toBe(true);
    });
  }

  it("an answer that echoes the signed request tells the caller nothing of it", async () => {
    await using client = clientOf(simulator.url);
    simulator.faults.once({ route: "getVersion", kind: "unauthorized-echo" });
    const failure = await failureOf(client.getVersion(reading(), id("10"), id("20")));
    expect(failure).toMatchObject({
      code: "UNAUTHENTICATED",
      details: { upstream: { status: 401, errorCode: "APIGW.0301" } },
    });
    expect(JSON.stringify([failure.message, failure.extensions])).not.toMatch(/canonical|demo-token/);
  });

  it("a creation whose answer was lost has an unknown outcome, and was made once", async () => {
    await using client = clientOf(simulator.url);
    for (const when of ["after", "mid-answer"] as const) {
      const before = (await client.listVersions(reading(), id("10"))).versionCount;
      simulator.faults.once({ route: "createVersion", kind: "reset", when });
      expect(await failureOf(client.createVersion(writing(), vendorSample))).toMatchObject({
        code: "UPSTREAM_UNAVAILABLE",
        details: { outcome: "unknown" },
      });
      expect((await client.listVersions(reading(), id("10"))).versionCount).toBe(before + 1);
    }
  });

  it("an upstream that comes back is found again", async () => {
    await using client = clientOf(simulator.url, {}, { random: () => 1_000_000 });
    await client.getVersion(reading(), id("10"), id("20"));
    await simulator.suspend();
    expect(await failureOf(client.createVersion(writing(), vendorSample))).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      details: { outcome: "not-sent" },
    });
    await simulator.resume();
    expect(await client.createVersion(writing(), vendorSample)).toMatchObject({ jobId: "10" });
    expect(simulator.journal.count("createVersion")).toBe(1);
  });
});
