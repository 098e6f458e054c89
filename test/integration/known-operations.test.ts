import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { OTHER_PROJECT } from "../../simulator/seed/seed.js";
import { metricIn, metricsOf } from "../support/fuzz-gateway.js";
import { type House, startHouse } from "../support/house.js";
import { type Asked, asNewAndKnown, type Told } from "../support/known-operation.js";
import { STATUS } from "../support/simulator.js";

const ORIGINS = ["https://app.example", "https://desk.example"] as const;
const JOB = "query Job($id: ID!) { trainingJob(jobId: $id) { jobName versionCount } }";
const STOP = `mutation Stop($id: ID!, $version: ID!) {
  stopTrainingJobVersion(jobId: $id, versionId: $version) { jobId version { jobName status cpu } }
}`;
const BROKEN = { jobId: "10", config: { workerServerNum: -1, trainUrl: "nowhere", preVersionId: "20" } };
const LEGACY = { accept: "application/json" };

describe("An operation whose document is known is answered as when it was new", () => {
  let house: House;
  beforeAll(async () => {
    // Nothing is kept, so that everything is executed each time.
    const env = { CACHE_TTL_ACTIVE_MS: "0", CACHE_TTL_TERMINAL_MS: "0", CACHE_TTL_SPECS_MS: "0" };
    house = await startHouse({ ...env, CORS_ORIGINS: ORIGINS.join(",") });
    // Loaded beforehand, so that it is used from the first operation on that comes often enough.
    await import("graphql-jit");
  });
  afterAll(() => house[Symbol.asyncDispose]());
  afterEach(() => house.simulator.faults.clear());

  const repeated = async () =>
    metricIn(await metricsOf(house.gateway), "modelarts_gateway_answers_repeated_total");

  /** The answer, which must be the same each time and executed each time. */
  async function answerTo(asked: Asked): Promise<Told> {
    const before = await repeated();
    const { asNew, asKnown } = await asNewAndKnown(house, asked);
    for (const known of asKnown) expect(known).toEqual(asNew);
    expect(await repeated()).toBe(before);
    return asNew;
  }

  const codesIn = ({ errors = [] }: Told) => errors.map((error) => JSON.parse(error).extensions.code);
  const running = () => house.simulator.setStatus("10", "20", STATUS.RUNNING);

  it("when it is a query", async () => {
    const { status, body, calls } = await answerTo({ query: JOB, variables: { id: "10" } });
    expect(status).toBe(200);
    expect(body).toContain('{"data":{"trainingJob":{"jobName":"TestModelArtsJob"');
    expect(calls).toHaveLength(1);
  });

  it("when it is a mutation, which calls the upstream each time", async () => {
    const asked = { query: STOP, variables: { id: "10", version: "20" }, before: running };
    const { body, calls } = await answerTo(asked);
    expect(JSON.parse(body).data.stopTrainingJobVersion.version.jobName).toBe("TestModelArtsJob");
    expect(calls.filter((call) => call.startsWith("POST"))).toHaveLength(1);
  });

  it("when it is a mutation of several fields, which are carried out in turn although one fails", async () => {
    const query = `mutation ($id: ID!, $version: ID!, $none: ID!, $bad: ID!) {
      first: stopTrainingJobVersion(jobId: $id, versionId: $none) { jobId }
      second: stopTrainingJobVersion(jobId: $id, versionId: $version) { version { status } }
      third: stopTrainingJobVersion(jobId: $bad, versionId: $none) { jobId }
    }`;
    const told = await answerTo({
      query,
      variables: { id: "10", version: "20", none: "987654", bad: "0" },
      before: running,
    });
    expect(codesIn(told)).toHaveLength(2);
    expect(told.calls.filter((call) => call.startsWith("POST"))).toHaveLength(2);
  });

  it.each(["One", "Two"])("when it is chosen by its name: %s", async (operationName) => {
    const query = `query One { trainingJob(jobId: "10") { jobId } } query Two { trainingJobs { jobTotalCount } }`;
    const { body } = await answerTo({ query, operationName });
    expect(body).toContain(operationName === "One" ? '"trainingJob"' : '"trainingJobs"');
  });

  it("when its fields are in fragments and merged", async () => {
    const query = `query ($id: ID!) { ...Root trainingJob(jobId: $id) { b: jobId ...Job } }
      fragment Root on Query { trainingJob(jobId: $id) { __typename ...Job versions { status } } }
      fragment Job on TrainingJob { jobName versions { ... on TrainingJobVersion { versionId dataSource { type } } } }`;
    const { body, errors } = await answerTo({ query, variables: { id: "10" } });
    expect(errors).toBeUndefined();
    expect(body).toContain('{"trainingJob":{"__typename":"TrainingJob","jobName":');
  });

  it("when it has errors beside its data", async () => {
    house.simulator.faults.add({ route: "listResourceSpecs", kind: "failure-with-200" });
    const query = `query ($id: ID!, $page: Int) {
      job: trainingJob(jobId: $id) { jobName versions(page: $page) { status } }
      list: trainingJobs(page: $page) { jobTotalCount }
      specs: resourceSpecs { specId }
    }`;
    const told = await answerTo({ query, variables: { id: "10", page: 0 } });
    expect(told.status).toBe(200);
    expect(codesIn(told).toSorted()).toEqual(["BAD_USER_INPUT", "BAD_USER_INPUT", "UPSTREAM_REJECTED"]);
  });

  it("when a rule is broken", async () => {
    const query = `query ($input: CreateTrainingJobVersionInput!) { validateTrainingJobVersion(input: $input) { path rule } }`;
    const { body } = await answerTo({ query, variables: { input: BROKEN } });
    expect(JSON.parse(body).data.validateTrainingJobVersion.length).toBeGreaterThan(2);
  });

  it("when its arguments break rules: with all violations", async () => {
    const query = `mutation ($input: CreateTrainingJobVersionInput!) { createTrainingJobVersion(input: $input) { jobId } }`;
    const { errors, calls } = await answerTo({ query, variables: { input: BROKEN } });
    expect(JSON.parse(errors?.[0] ?? "").extensions.violations.length).toBeGreaterThan(2);
    expect(calls.filter((call) => call.startsWith("POST"))).toEqual([]);
  });

  it.each([
    ["application/graphql-response+json", {}, 400],
    ["application/json", LEGACY, 200],
  ])("when its variables do not fit, in %s", async (mediaType, headers, expected) => {
    const query = JOB;
    const told = await answerTo({
      query,
      variables: { id: true },
      headers,
      taughtWith: { variables: { id: "10" } },
    });
    expect([told.status, codesIn(told)]).toEqual([expected, ["BAD_USER_INPUT"]]);
    expect(told.headers["content-type"]).toContain(mediaType);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["an id that JSON has rounded", JOB, { id: 2 ** 53 }],
    [
      "null where a default would do",
      'query ($id: ID = "10") { trainingJob(jobId: $id) { jobName } }',
      { id: null },
    ],
    [
      "null in a mutation where a default would do",
      `mutation ($id: ID = "0") {
        a: stopTrainingJobVersion(jobId: $id, versionId: "1") { jobId }
        b: stopTrainingJobVersion(jobId: "0", versionId: "1") { jobId }
      }`,
      { id: null },
    ],
    [
      "null inside of an input where a default would do",
      `query ($id: ID = "1") {
        validateTrainingJobVersion(input: { jobId: $id, config: { workerServerNum: 1, trainUrl: "/a/", preVersionId: "1" } }) { rule }
      }`,
      { id: null },
    ],
  ])("when it is given %s", async (_what, query, variables) => {
    expect(codesIn(await answerTo({ query, variables }))).toContain("BAD_USER_INPUT");
  });

  it("when its variables take it beyond the cost limit", async () => {
    const query = `query ($n: Int) { trainingJobs(perPage: $n) { jobs { versions(perPage: $n) { preVersion { cpu } } } } }`;
    const told = await answerTo({ query, variables: { n: 1_000 }, taughtWith: { variables: { n: 1 } } });
    expect([told.status, codesIn(told), told.calls]).toEqual([400, ["LIMIT_EXCEEDED"], []]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["no credential", { "x-auth-token": "" }, "UNAUTHENTICATED"],
    ["a credential that the upstream does not know", { "x-auth-token": "unknown" }, "UNAUTHENTICATED"],
    ["no project", { "x-project-id": "" }, "BAD_USER_INPUT"],
    ["a project that is not the credential's", { "x-project-id": OTHER_PROJECT }, "FORBIDDEN"],
  ])("when it comes with %s", async (_what, headers, code) => {
    const told = await answerTo({
      query: JOB,
      variables: { id: "10" },
      headers,
      taughtWith: { headers: {} },
    });
    expect(codesIn(told)).toEqual([code]);
  });

  it("when it names an operation that its document does not have", async () => {
    const asked = { query: JOB, variables: { id: "10" }, operationName: "Other" };
    const told = await answerTo({ ...asked, taughtWith: { operationName: "Job" } });
    expect([told.status, codesIn(told)]).toEqual([400, ["BAD_REQUEST"]]);
  });

  it("when it is the subscription of a document that has a query, too", async () => {
    const query = `query Job { trainingJob(jobId: "10") { jobId } }
      subscription Watch { trainingJobStatusChanged(jobId: "10") { status } }`;
    const told = await answerTo({ query, operationName: "Watch", taughtWith: { operationName: "Job" } });
    expect([told.status, codesIn(told)]).toEqual([400, ["BAD_REQUEST"]]);
  });

  it.each<[string, (request: string) => string, number]>([
    ["__proto__", (request) => request.replace("{", '{"__proto__":{"a":1},'), 400],
    ["a persisted query", (request) => request.replace("{", '{"extensions":{"persistedQuery":{}},'), 400],
    [
      "variables that are none",
      (request) => request.replace(/"variables":\{[^}]*\}/, '"variables":[1]'),
      400,
    ],
    ["variables in a text", (request) => request.replace(/"variables":\{[^}]*\}/, '"variables":"{}"'), 400],
    ["more than there must be", (request) => request.replace("{", '{"more":[1],'), 200],
  ])("when its body has %s", async (_what, bodyOf, expected) => {
    const asked = { query: JOB, variables: { id: "10" }, bodyOf, taughtWith: {} };
    expect((await answerTo(asked)).status).toBe(expected);
  });

  it.each([
    [ORIGINS[0], ORIGINS[0]],
    [ORIGINS[1], ORIGINS[1]],
    ["https://elsewhere.example", undefined],
    [undefined, undefined],
  ])("when it comes from the page of another origin: %s", async (origin, allowed) => {
    const headers = origin === undefined ? {} : { origin };
    const taughtWith = { headers: { origin: origin === ORIGINS[0] ? ORIGINS[1] : ORIGINS[0] } };
    const told = await answerTo({ query: JOB, variables: { id: "11" }, headers, taughtWith });
    expect(told.headers["access-control-allow-origin"]).toBe(allowed);
  });
});
