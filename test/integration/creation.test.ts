import { describe, expect, it } from "vitest";
import { startHouse } from "../support/house.js";
import { CREATE, SAMPLE_BODY, sampleInput } from "../support/sample.js";

describe("createTrainingJobVersion", () => {
  it("forwards the vendor's sample exactly as documented and answers with the new version", async () => {
    await using house = await startHouse();
    const { body } = await house.send(CREATE, { input: sampleInput() });
    expect(body.errors).toBeUndefined();
    expect(body.data.createTrainingJobVersion).toMatchObject({
      jobId: "10",
      versionId: expect.stringMatching(/^\d+$/),
      jobName: "TestModelArtsJob",
      status: "INIT",
      createTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    const [sent, ...more] = house.simulator.journal.entries({ route: "createVersion" });
    expect(more).toEqual([]);
    expect(JSON.parse(sent?.body ?? "")).toEqual(SAMPLE_BODY);
    expect(sent).toMatchObject({
      method: "POST",
      path: `/v1/${house.simulator.projectId}/training-jobs/10/versions`,
      headers: {
        "x-auth-token": house.simulator.token,
        "content-type": expect.stringContaining("application/json"),
      },
    });
  });

  it("passes the request id on and returns it", async () => {
    await using house = await startHouse();
    const { headers } = await house.send(
      CREATE,
      { input: sampleInput() },
      { "X-Request-Id": "my-request.1" },
    );
    expect(headers.get("x-request-id")).toBe("my-request.1");
    expect(house.simulator.journal.entries({ route: "createVersion" })[0]?.headers["x-request-id"]).toBe(
      "my-request.1",
    );
  });

  it("carries an id of 9223372036854775807 there and back with every digit", async () => {
    await using house = await startHouse({}, { firstNewId: 9_223_372_036_854_775_807n });
    const max = "9223372036854775807";
    house.simulator.addJob({ id: max });
    house.simulator.addVersion(max, { id: "9223372036854775806" });
    const input = sampleInput();
    const { body } = await house.send(CREATE, {
      input: { ...input, jobId: max, config: { ...input.config, preVersionId: "9223372036854775806" } },
    });
    expect(body.errors).toBeUndefined();
    expect(body.data.createTrainingJobVersion.jobId).toBe(max);
    const [sent] = house.simulator.journal.entries({ route: "createVersion" });
    expect(sent?.path).toContain(`/training-jobs/${max}/versions`);
    expect(sent?.body).toContain('"pre_version_id":9223372036854775806');
  });

  it("reports seven broken rules in one error, each with its path and rule, and sends nothing", async () => {
    await using house = await startHouse();
    const { config } = sampleInput();
    const { body } = await house.send(CREATE, {
      input: {
        jobId: "0",
        jobDesc: "x".repeat(257),
        config: {
          ...config,
          workerServerNum: 0,
          bootFileUrl: "/elsewhere/boot.py",
          dataUrl: "/usr/data/",
          logUrl: "usr/log",
          userCommand: "python boot.py",
        },
      },
    });
    expect(body.data).toEqual({ createTrainingJobVersion: null });
    expect(body.errors).toHaveLength(1);
    expect(body.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    const violations = body.errors?.[0]?.extensions.violations as {
      path: string[];
      rule: string;
      message: string;
    }[];
    expect(new Map(violations.map(({ rule, path }) => [rule, path.join(".")]))).toEqual(
      new Map([
        ["long-id", "input.jobId"],
        ["job-desc-length", "input.jobDesc"],
        ["worker-server-num-min", "input.config.workerServerNum"],
        ["boot-file-in-app", "input.config.bootFileUrl"],
        ["dataset-exactly-one", "input.config.datasetId"],
        ["obs-path", "input.config.logUrl"],
        ["command-with-image", "input.config.userCommand"],
      ]),
    );
    expect(violations).toHaveLength(7);
    expect(house.simulator.journal.count("createVersion")).toBe(0);
  });

  it("refuses an id that a JSON number has already rounded", async () => {
    await using house = await startHouse();
    const { body } = await house.send(CREATE, { input: { ...sampleInput(), jobId: 2 ** 53 } });
    expect(body.errors?.[0]?.extensions.violations).toEqual([
      expect.objectContaining({ path: ["input", "jobId"], rule: "long-id" }),
    ]);
    expect(house.simulator.journal.count("createVersion")).toBe(0);
  });

  it("checks what depends on the project: spec, engine and previous version", async () => {
    await using house = await startHouse();
    const { config, ...rest } = sampleInput();
    const { body } = await house.send(CREATE, {
      input: { ...rest, config: { ...config, specId: "987654", engineId: "987654", preVersionId: "987654" } },
    });
    const rules = body.errors?.[0]?.extensions.violations.map(({ rule }: { rule: string }) => rule);
    expect(rules.toSorted()).toEqual(["engine-exists", "pre-version-exists", "spec-exists"]);
    expect(house.simulator.journal.count("createVersion")).toBe(0);
  });

  it("looks for the previous version once in a series of creations", async () => {
    await using house = await startHouse({ CACHE_TTL_ACTIVE_MS: "60000" });
    for (let n = 0; n < 3; n++) {
      const { body } = await house.send(CREATE, { input: sampleInput() });
      expect(body.errors).toBeUndefined();
    }
    expect(house.simulator.journal.count("createVersion")).toBe(3);
    expect(house.simulator.journal.count("getVersion")).toBe(1);
  });

  it("shows the new version at once: in the job, in a list and by itself", async () => {
    await using house = await startHouse({ CACHE_TTL_ACTIVE_MS: "60000" });
    const versions =
      'query { trainingJob(jobId: "10") { versionCount versions(perPage: 100) { versionId } } }';
    const before = (await house.send(versions)).body.data.trainingJob;
    const created = (await house.send(CREATE, { input: sampleInput() })).body.data.createTrainingJobVersion;
    const after = (await house.send(versions)).body.data.trainingJob;
    expect(after.versionCount).toBe(before.versionCount + 1);
    expect(after.versions[0].versionId).toBe(created.versionId);
    const { body } = await house.send(
      'query ($id: ID!) { trainingJobVersion(jobId: "10", versionId: $id) { status specCode preVersion { versionId } } }',
      { id: created.versionId },
    );
    expect(body.data.trainingJobVersion).toMatchObject({ status: "INIT", preVersion: { versionId: "20" } });
  });

  it("creates one version for one idempotency key, however often it is sent", async () => {
    await using house = await startHouse();
    const input = { ...sampleInput(), idempotencyKey: "one-intent" };
    const answers = await Promise.all(Array.from({ length: 5 }, () => house.send(CREATE, { input })));
    const ids = answers.map(({ body }) => body.data.createTrainingJobVersion.versionId);
    expect(new Set(ids).size).toBe(1);
    expect(house.simulator.journal.count("createVersion")).toBe(1);
    const other = await house.send(CREATE, { input: { ...input, jobDesc: "another intent" } });
    expect(other.body.errors?.[0]?.extensions.code).toBe("CONFLICT");
  });

  it("does not lose the creation when the look-up of its version fails", async () => {
    await using house = await startHouse({ UPSTREAM_BUDGET_MS: "200", UPSTREAM_TIMEOUT_MS: "200" });
    house.simulator.faults.add({ route: "getVersion", kind: "error", status: 503 });
    house.simulator.faults.add({ route: "listVersions", kind: "error", status: 503 });
    const { body } = await house.send(
      "mutation ($input: CreateTrainingJobVersionInput!) { createTrainingJobVersion(input: $input) { versionId version { status } } }",
      { input: sampleInput() },
    );
    expect(body.data.createTrainingJobVersion).toEqual({ versionId: expect.any(String), version: null });
    expect(body.errors?.[0]).toMatchObject({ path: ["createTrainingJobVersion", "version"] });
  });
});

describe("validateTrainingJobVersion", () => {
  const VALIDATE = `query ($input: CreateTrainingJobVersionInput!) {
    validateTrainingJobVersion(input: $input) { path rule message }
  }`;

  it("finds nothing to complain about in the vendor's sample, and creates nothing", async () => {
    await using house = await startHouse();
    const { body } = await house.send(VALIDATE, { input: sampleInput() });
    expect(body).toEqual({ data: { validateTrainingJobVersion: [] } });
    expect(house.simulator.journal.count("createVersion")).toBe(0);
  });

  it("answers with the violations that the mutation would be refused for", async () => {
    await using house = await startHouse();
    const { config, ...rest } = sampleInput();
    const input = { ...rest, config: { ...config, workerServerNum: 100_000, poolId: " " } };
    const { body } = await house.send(VALIDATE, { input });
    const refused = await house.send(CREATE, { input });
    expect(body.data.validateTrainingJobVersion.length).toBeGreaterThan(1);
    expect(refused.body.errors?.[0]?.extensions.violations).toEqual(body.data.validateTrainingJobVersion);
  });
});

describe("stopTrainingJobVersion", () => {
  it("stops a running version and shows its new status", async () => {
    await using house = await startHouse();
    const { id } = house.simulator.addVersion(10);
    house.simulator.setStatus(10, id, 8);
    const { body } = await house.send(
      'mutation ($id: ID!) { stopTrainingJobVersion(jobId: "10", versionId: $id) { jobId versionId version { status } } }',
      { id: String(id) },
    );
    expect(body.errors).toBeUndefined();
    expect(body.data.stopTrainingJobVersion).toMatchObject({ jobId: "10", versionId: String(id) });
    expect(["KILLING", "KILLED", "RUNNING"]).toContain(body.data.stopTrainingJobVersion.version.status);
    expect(house.simulator.journal.count("stopVersion")).toBe(1);
  });

  it("says NOT_FOUND for a version that does not exist", async () => {
    await using house = await startHouse();
    const { body } = await house.send(
      'mutation { stopTrainingJobVersion(jobId: "10", versionId: "987654") { jobId } }',
    );
    expect(body.data).toEqual({ stopTrainingJobVersion: null });
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: "NOT_FOUND", upstream: { status: 404 } });
  });
});
