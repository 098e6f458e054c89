import { isObjectType } from "graphql";
import { describe, expect, it } from "vitest";
import { buildGatewaySchema } from "../../../src/schema.js";
import { sampleInput } from "../../support/sample.js";
import { brokenRulesOf, dataOf, errorOf, Gateway } from "./gateway.js";

/** An operation for each id argument of the schema, with a place for the id; and the least id that it takes. */
const ID_ARGUMENTS: Record<string, [document: string, min: 0 | 1]> = {
  "Query.trainingJob(jobId)": ["{ trainingJob(jobId: ID) { jobId } }", 1],
  "Query.trainingJobVersion(jobId)": ["{ trainingJobVersion(jobId: ID, versionId: 20) { jobId } }", 1],
  "Query.trainingJobVersion(versionId)": ["{ trainingJobVersion(jobId: 10, versionId: ID) { jobId } }", 1],
  "Query.resourceSpecs(engineId)": ["{ resourceSpecs(engineId: ID) { specId } }", 0],
  "Mutation.stopTrainingJobVersion(jobId)": [
    "mutation { stopTrainingJobVersion(jobId: ID, versionId: 20) { jobId } }",
    1,
  ],
  "Mutation.stopTrainingJobVersion(versionId)": [
    "mutation { stopTrainingJobVersion(jobId: 10, versionId: ID) { jobId } }",
    1,
  ],
  "Subscription.trainingJobVersionStatusChanged(jobId)": [
    "subscription { trainingJobVersionStatusChanged(jobId: ID, versionId: 20) { cursor } }",
    1,
  ],
  "Subscription.trainingJobVersionStatusChanged(versionId)": [
    "subscription { trainingJobVersionStatusChanged(jobId: 10, versionId: ID) { cursor } }",
    1,
  ],
  "Subscription.trainingJobStatusChanged(jobId)": [
    "subscription { trainingJobStatusChanged(jobId: ID) { cursor } }",
    1,
  ],
};

function idArgumentsOfTheSchema(): string[] {
  return Object.values(buildGatewaySchema().getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith("__"))
    .flatMap((type) =>
      (isObjectType(type) ? Object.values(type.getFields()) : []).map((field) => ({ type, field })),
    )
    .flatMap(({ type, field }) =>
      field.args
        .filter((arg) => String(arg.type).startsWith("ID"))
        .map((arg) => `${type.name}.${field.name}(${arg.name})`),
    );
}

async function run(gateway: Gateway, document: string) {
  if (!document.startsWith("subscription")) return gateway.run(document);
  const [first] = await gateway.follow(document);
  return first ?? { data: {} };
}

function nothingWasAsked({ project, done, watched }: Gateway): void {
  expect([project.asked, done, watched]).toEqual([[], [], []]);
}

describe("every id argument", () => {
  it("of the schema is covered here", () => {
    expect(idArgumentsOfTheSchema().toSorted()).toEqual(Object.keys(ID_ARGUMENTS).toSorted());
  });

  describe.each(Object.entries(ID_ARGUMENTS))("%s", (where, [document, min]) => {
    const name = where.slice(where.indexOf("(") + 1, -1);

    it.each(['""', '"01"', '"../1"', "-1", '"9223372036854775808"', min === 1 ? "0" : "-0"])(
      "refuses %s and asks the upstream nothing",
      async (bad) => {
        const gateway = new Gateway();
        const result = await run(gateway, document.replace("ID", bad));
        expect(errorOf(result).code).toBe("BAD_USER_INPUT");
        expect(brokenRulesOf(result)).toEqual([`${name}: long-id`]);
        nothingWasAsked(gateway);
      },
    );

    it.each([String(min), "9223372036854775807", '"9223372036854775807"'])("accepts %s", async (good) => {
      const result = await run(new Gateway(), document.replace("ID", good));
      expect(result.errors).toBeUndefined();
    });
  });

  it("is reported with the others of its operation", async () => {
    const gateway = new Gateway();
    const result = await gateway.run('{ trainingJobVersion(jobId: "x", versionId: "y") { jobId } }');
    expect(brokenRulesOf(result)).toEqual(["jobId: long-id", "versionId: long-id"]);
  });
});

describe("page-range, per-page-range and search-content-length", () => {
  it.each([
    ["trainingJobs(page: 0) { jobTotalCount }", "page: page-range"],
    ["trainingJobs(page: 65536) { jobTotalCount }", "page: page-range"],
    ["trainingJobs(perPage: 0) { jobTotalCount }", "perPage: per-page-range"],
    ["trainingJobs(perPage: 1001) { jobTotalCount }", "perPage: per-page-range"],
    [
      `trainingJobs(filter: { searchContent: "${"x".repeat(65)}" }) { jobTotalCount }`,
      "filter.searchContent: search-content-length",
    ],
  ])("refuse %s and ask the upstream nothing", async (selection, broken) => {
    const gateway = new Gateway();
    const result = await gateway.run(`{ ${selection} }`);
    expect(errorOf(result).code).toBe("BAD_USER_INPUT");
    expect(brokenRulesOf(result)).toEqual([broken]);
    nothingWasAsked(gateway);
  });

  it.each([
    "trainingJobs(page: 1, perPage: 1) { jobTotalCount }",
    "trainingJobs(page: 65535, perPage: 1000) { jobTotalCount }",
    `trainingJobs(filter: { searchContent: "${"x".repeat(64)}" }) { jobTotalCount }`,
    `trainingJobs(filter: { searchContent: "${"\u{1F680}".repeat(64)}" }) { jobTotalCount }`,
    'trainingJobs(filter: { searchContent: "" }) { jobTotalCount }',
  ])("accept %s", async (selection) => {
    expect((await new Gateway().run(`{ ${selection} }`)).errors).toBeUndefined();
  });

  it.each([
    ["versions(page: 0) { jobId }", "page: page-range"],
    ["versions(page: 65536) { jobId }", "page: page-range"],
    ["versions(perPage: 0) { jobId }", "perPage: per-page-range"],
    ["versions(perPage: 1001) { jobId }", "perPage: per-page-range"],
  ])("hold for the versions of a job: %s", async (selection, broken) => {
    const result = await new Gateway().run(`{ trainingJob(jobId: 10) { jobName ${selection} } }`);
    expect(brokenRulesOf(result)).toEqual([broken]);
    expect(result.data?.trainingJob).toMatchObject({ jobName: "TestModelArtsJob", versions: null });
  });
});

describe("an argument that is null", () => {
  it("means the default", async () => {
    const gateway = new Gateway();
    await gateway.run(
      "{ trainingJobs(filter: null, sortBy: null, order: null, page: null, perPage: null) { quotas } }",
    );
    await gateway.run("{ trainingJobs { quotas } }");
    const asked = { sortBy: "JOB_NAME", order: "ASC", page: 1, perPage: 10 };
    expect(gateway.project.asked).toEqual(Array(2).fill(`trainingJobs ${JSON.stringify(asked)}`));
  });

  it("means the default for specs and engines too", async () => {
    const gateway = new Gateway();
    await gateway.run("{ resourceSpecs(jobType: null, engineId: null, projectType: null) { specId } }");
    await gateway.run("{ engineSpecs(jobType: null) { engineId } }");
    expect(gateway.project.asked).toEqual(['resourceSpecs {"jobType":"TRAIN"}', "engineSpecs TRAIN"]);
  });

  it("is left out of a filter", async () => {
    const gateway = new Gateway();
    await gateway.run(
      "{ trainingJobs(filter: { status: null, searchContent: null, workspaceId: null }) { quotas } }",
    );
    expect(gateway.project.asked[0]).not.toMatch(/statusCode|searchContent|workspaceId/);
  });
});

describe("an operation without a valid credential", () => {
  it.each([
    "{ trainingJob(jobId: 10) { jobId } }",
    "{ trainingJobs { quotas } }",
    "{ trainingJobVersion(jobId: 10, versionId: 20) { jobId } }",
    "{ resourceSpecs { specId } }",
    "{ engineSpecs { engineId } }",
    "mutation { stopTrainingJobVersion(jobId: 10, versionId: 20) { jobId } }",
    "subscription { trainingJobStatusChanged(jobId: 10) { cursor } }",
    "subscription { trainingJobVersionStatusChanged(jobId: 10, versionId: 20) { cursor } }",
    "mutation ($input: CreateTrainingJobVersionInput!) { createTrainingJobVersion(input: $input) { jobId } }",
    "query ($input: CreateTrainingJobVersionInput!) { validateTrainingJobVersion(input: $input) { rule } }",
  ])("is refused: %s", async (document) => {
    const gateway = new Gateway();
    gateway.refuseIdentity();
    const variables = { input: sampleInput() };
    const subscribes = document.startsWith("subscription");
    const result = subscribes ? (await gateway.follow(document))[0] : await gateway.run(document, variables);
    expect(errorOf(result ?? {}).code).toBe("UNAUTHENTICATED");
    nothingWasAsked(gateway);
  });
});

describe("arguments of the lookups", () => {
  it("reach the upstream as given, the status as its number", async () => {
    const gateway = new Gateway();
    dataOf(
      await gateway.run(`{ trainingJobs(
        filter: { status: RUNNING, searchContent: "abc", workspaceId: "7" }
        sortBy: CREATE_TIME, order: DESC, page: 3, perPage: 50
      ) { quotas } }`),
    );
    const query = { statusCode: 8, searchContent: "abc", workspaceId: "7" };
    const page = { sortBy: "CREATE_TIME", order: "DESC", page: 3, perPage: 50 };
    expect(gateway.project.asked).toEqual([`trainingJobs ${JSON.stringify({ ...page, ...query })}`]);
  });

  it("carry the number of the status UNKNOWN, which is 0", async () => {
    const gateway = new Gateway();
    await gateway.run("{ trainingJobs(filter: { status: UNKNOWN }) { quotas } }");
    expect(gateway.project.asked[0]).toContain('"statusCode":0');
  });

  it("reach the upstream for specs and engines", async () => {
    const gateway = new Gateway();
    await gateway.run("{ resourceSpecs(jobType: INFERENCE, engineId: 0, projectType: 2) { specId } }");
    await gateway.run("{ engineSpecs(jobType: INFERENCE) { engineId } }");
    const query = { jobType: "INFERENCE", engineId: "0", projectType: 2 };
    expect(gateway.project.asked).toEqual([
      `resourceSpecs ${JSON.stringify(query)}`,
      "engineSpecs INFERENCE",
    ]);
  });
});
