import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { sampleInput } from "../../support/sample.js";
import { aJob, aVersion, id } from "./entities.js";
import { brokenRulesOf, dataOf, errorOf, Gateway } from "./gateway.js";

const create = (selection: string) => `mutation ($input: CreateTrainingJobVersionInput!) {
  createTrainingJobVersion(input: $input) { ${selection} }
}`;
const CREATE = create("jobId versionId jobName versionName status createTime");
const VALIDATE = `query ($input: CreateTrainingJobVersionInput!) {
  validateTrainingJobVersion(input: $input) { path rule message }
}`;

/** Seven broken rules: of shape and of what is looked up, at several depths. */
const SEVEN_WRONG = {
  jobId: "10",
  jobDesc: "x".repeat(257),
  config: {
    ...sampleInput().config,
    workerServerNum: 5,
    bootFileUrl: "/elsewhere/boot.py",
    datasetId: null,
    datasetVersionId: null,
    dataSource: [{ type: "OBS", dataUrl: "/usr/../data" }],
    engineId: "2",
    userCommand: "run",
  },
  idempotencyKey: "",
};
const SEVEN_BROKEN = [
  "input.jobDesc: job-desc-length",
  "input.config.workerServerNum: worker-server-num-max",
  "input.config.bootFileUrl: boot-file-in-app",
  "input.config.dataSource.0.dataUrl: obs-path",
  "input.config.engineId: engine-exists",
  "input.config.userCommand: command-with-image",
  "input.idempotencyKey: idempotency-key",
];

describe("createTrainingJobVersion", () => {
  it("hands on the vendor's sample with only what was given", async () => {
    const gateway = new Gateway();
    const input = { ...sampleInput(), idempotencyKey: "k" };
    const config = { ...input.config, poolId: null, dataSource: null, userImageUrl: null };
    expect(dataOf(await gateway.run(CREATE, { input: { ...input, config } }))).toEqual({
      createTrainingJobVersion: {
        jobId: "10",
        versionId: "21",
        jobName: "TestModelArtsJob",
        versionName: "V0002",
        status: "INIT",
        createTime: "2018-04-20T02:06:30.635Z",
      },
    });
    const [request] = gateway.creations;
    expect(request).toMatchObject({ requestId: "r", idempotencyKey: "k", caller: { projectId: "p" } });
    expect(JSON.parse(JSON.stringify(request?.version))).toStrictEqual(sampleInput());
    expect(Object.keys(request?.version.config ?? {}).toSorted()).toEqual(
      Object.keys(sampleInput().config).toSorted(),
    );
  });

  it("leaves out what is null in parameters and sources too, and keeps every digit", async () => {
    const gateway = new Gateway();
    const jobId = "9223372036854775807";
    gateway.project.contents.jobs = [aJob(jobId, [aVersion({ jobId: id(jobId) })])];
    const config = {
      ...sampleInput().config,
      parameter: [{ label: "x", value: null }, {}],
      dataSource: [{ type: "OBS", dataUrl: "/usr/data/", datasetId: null }],
      datasetId: null,
      datasetVersionId: null,
      engineId: null,
    };
    dataOf(await gateway.run(CREATE, { input: { jobId, jobDesc: null, config, idempotencyKey: null } }));
    const [request] = gateway.creations;
    expect(request?.version.jobId).toBe(jobId);
    expect(request && "idempotencyKey" in request).toBe(false);
    expect(request && "jobDesc" in request.version).toBe(false);
    expect(request?.version.config.parameter).toStrictEqual([{ label: "x" }, {}]);
    expect(request?.version.config.dataSource).toStrictEqual([{ type: "OBS", dataUrl: "/usr/data/" }]);
    expect(request && "engineId" in request.version.config).toBe(false);
  });

  it("reports seven broken rules in one error, each with its path and name, and creates nothing", async () => {
    const gateway = new Gateway();
    const result = await gateway.run(CREATE, { input: SEVEN_WRONG });
    expect(result.errors).toHaveLength(1);
    expect(errorOf(result).code).toBe("BAD_USER_INPUT");
    expect(brokenRulesOf(result)).toEqual(SEVEN_BROKEN);
    expect([gateway.creations, gateway.done]).toEqual([[], []]);
  });

  it("creates nothing where only a rule that looks things up is broken", async () => {
    const gateway = new Gateway();
    const input = sampleInput();
    const result = await gateway.run(CREATE, {
      input: { ...input, config: { ...input.config, specId: "2" } },
    });
    expect(brokenRulesOf(result)).toEqual(["input.config.specId: spec-exists"]);
    expect(gateway.done).toEqual([]);
  });

  it("answers a repeat before the rules that look things up", async () => {
    const gateway = new Gateway();
    gateway.isRepeat = true;
    gateway.project.contents.jobs = [aJob("10", [])];
    dataOf(await gateway.run(CREATE, { input: { ...sampleInput(), idempotencyKey: "k" } }));
    expect(gateway.project.asked).toEqual([]);
  });

  it("leaves a missing job to the upstream", async () => {
    const gateway = new Gateway();
    gateway.project.contents.jobs = [];
    dataOf(await gateway.run(CREATE, { input: sampleInput() }));
    expect(gateway.done).toEqual(["create"]);
  });

  it("shows what the upstream left out as null", async () => {
    const gateway = new Gateway();
    const left = { jobName: null, versionName: null, createTime: null, status: "UNKNOWN" } as const;
    gateway.created = { ...gateway.created, ...left };
    const data = dataOf(await gateway.run(CREATE, { input: sampleInput() }));
    expect(data).toEqual({ createTrainingJobVersion: { jobId: "10", versionId: "21", ...left } });
  });
});

describe("the version of a creation", () => {
  it("is looked up only when it is asked for", async () => {
    const gateway = new Gateway();
    await gateway.run(CREATE, { input: sampleInput() });
    expect(gateway.project.asked.filter((call) => call.startsWith("trainingJobVersion 10/21"))).toEqual([]);
  });

  it("is looked up after the creation, with as much as is asked for", async () => {
    const gateway = new Gateway();
    const [job] = gateway.project.contents.jobs;
    job?.versions.unshift(aVersion({ versionId: id("21"), trainUrl: "/usr/train/" }));
    const data = dataOf(await gateway.run(create("version { trainUrl }"), { input: sampleInput() }));
    expect(data).toEqual({ createTrainingJobVersion: { version: { trainUrl: "/usr/train/" } } });
    expect(gateway.project.asked.at(-1)).toBe("trainingJobVersion 10/21 list");
  });

  it("is null with an error when its lookup fails: the creation stands", async () => {
    const gateway = new Gateway();
    gateway.project.breakDown("trainingJobVersion");
    const result = await gateway.run(create("versionId version { trainUrl }"), { input: sampleInput() });
    expect(result.data).toMatchObject({ createTrainingJobVersion: { versionId: "21", version: null } });
    expect(errorOf(result).code).toBe("UPSTREAM_UNAVAILABLE");
    expect(result.errors?.[0]?.path).toEqual(["createTrainingJobVersion", "version"]);
  });

  it("is null with an error when the upstream does not show it yet", async () => {
    const result = await new Gateway().run(create("versionId version { trainUrl }"), {
      input: sampleInput(),
    });
    expect(result.data).toMatchObject({ createTrainingJobVersion: { versionId: "21", version: null } });
    expect(errorOf(result).code).toBe("NOT_FOUND");
  });
});

describe("validateTrainingJobVersion", () => {
  it("answers the same list as a creation, in the same order, and creates nothing", async () => {
    const gateway = new Gateway();
    const creation = await gateway.run(CREATE, { input: SEVEN_WRONG });
    const data = dataOf(await gateway.run(VALIDATE, { input: SEVEN_WRONG }));
    expect(data).toEqual({ validateTrainingJobVersion: errorOf(creation).details.violations });
    expect(gateway.done).toEqual([]);
  });

  it("answers an empty list for what the gateway would forward", async () => {
    const gateway = new Gateway();
    const data = dataOf(await gateway.run(VALIDATE, { input: sampleInput() }));
    expect(data).toEqual({ validateTrainingJobVersion: [] });
    expect(gateway.done).toEqual([]);
  });
});

describe("stopTrainingJobVersion", () => {
  const stop = (selection: string) =>
    `mutation { stopTrainingJobVersion(jobId: 10, versionId: 20) { ${selection} } }`;

  it("asks the upstream to stop the version, then invalidates its job, then answers", async () => {
    const gateway = new Gateway();
    expect(dataOf(await gateway.run(stop("jobId versionId")))).toEqual({
      stopTrainingJobVersion: { jobId: "10", versionId: "20" },
    });
    expect(gateway.done).toEqual(["stop mutation 10/20", "invalidate p 10"]);
    expect(gateway.project.asked).toEqual([]);
  });

  it("shows the version as looked up afterwards, where it is asked for", async () => {
    const gateway = new Gateway();
    expect(dataOf(await gateway.run(stop("version { status }")))).toEqual({
      stopTrainingJobVersion: { version: { status: "RUNNING" } },
    });
    expect(gateway.project.asked).toEqual(["trainingJobVersion 10/20 summary"]);
  });

  it("stands when the look-up of the version fails", async () => {
    const gateway = new Gateway();
    gateway.project.breakDown("trainingJobVersion");
    const result = await gateway.run(stop("versionId version { status }"));
    expect(result.data).toMatchObject({ stopTrainingJobVersion: { versionId: "20", version: null } });
  });

  it("invalidates the job where it may have happened all the same", async () => {
    const gateway = new Gateway();
    gateway.stopFailure = new GatewayError("UPSTREAM_TIMEOUT", "No answer in time.", { outcome: "unknown" });
    const result = await gateway.run(stop("jobId"));
    expect(errorOf(result)).toBe(gateway.stopFailure);
    expect(gateway.done).toEqual(["stop mutation 10/20", "invalidate p 10"]);
  });

  it.each([
    new GatewayError("NOT_FOUND", "There is no such version."),
    new GatewayError("UPSTREAM_UNAVAILABLE", "The upstream is away.", { outcome: "not-sent" }),
  ])("leaves the caches alone where the upstream did nothing: $code", async (failure) => {
    const gateway = new Gateway();
    gateway.stopFailure = failure;
    const result = await gateway.run(stop("jobId"));
    expect(result.data).toEqual({ stopTrainingJobVersion: null });
    expect(errorOf(result)).toBe(failure);
    expect(gateway.done).toEqual(["stop mutation 10/20"]);
  });
});
