import { expect, test } from "vitest";
import { costOf } from "./support.js";

test("a plain field costs 0.1, also where it nests a selection", () => {
  expect(costOf("{ __typename }")).toBe(0.1);
  const job = (fields: string) => costOf(`{ trainingJobVersion(jobId: 1, versionId: 2) { ${fields} } }`);
  expect(job("status")).toBe(50.1);
  expect(job("status parameter { label value }")).toBe(50.4);
});

test("each upstream call that the operation can need costs 50", () => {
  expect(costOf("{ resourceSpecs { specId } engineSpecs { engineId } }")).toBe(100.2);
  expect(
    costOf("{ trainingJobVersion(jobId: 1, versionId: 2) { preVersion { resourceSpec { specCode } } } }"),
  ).toBe(150.1);
});

test("what is below the jobs of a page is multiplied by the page size, what stands beside them is not", () => {
  expect(costOf("{ trainingJobs(perPage: 20) { jobTotalCount jobs { jobId jobName } } }")).toBe(54.2);
});

test("the page size is 10 when it is not given, and when it is null", () => {
  expect(costOf("{ trainingJobs { jobs { jobId } } }")).toBe(51.1);
  expect(costOf("{ trainingJobs(perPage: null) { jobs { jobId } } }")).toBe(51.1);
  expect(costOf("query ($n: Int) { trainingJobs(perPage: $n) { jobs { jobId } } }")).toBe(51.1);
  expect(costOf("query ($n: Int) { trainingJobs(perPage: $n) { jobs { jobId } } }", { n: null })).toBe(51.1);
  expect(costOf("{ trainingJob(jobId: 1) { versions { versionId } } }")).toBe(101);
});

test("page sizes in variables are put in, their defaults included", () => {
  const query = "query ($n: Int = 30) { trainingJobs(perPage: $n) { jobs { jobId } } }";
  expect(costOf(query)).toBe(53.1);
  expect(costOf(query, { n: 5 })).toBe(50.6);
  expect(costOf(query, { n: 100 })).toBe(60.1);
});

test("page sizes multiply one another", () => {
  const query = "{ trainingJobs(perPage: 3) { jobs { versions(perPage: 4) { versionId } } } }";
  expect(costOf(query)).toBe(201.3);
});

test("a page size that the rules refuse is counted as the nearest that they accept, so that the caller gets their answer", () => {
  const jobs = (perPage: number) => costOf(`{ trainingJobs(perPage: ${perPage}) { jobs { jobId } } }`);
  expect(jobs(2_147_483_647)).toBe(jobs(1_000));
  expect(jobs(-5)).toBe(jobs(1));
});

test("the current version costs no call for what the list of jobs holds, and one for anything else", () => {
  const current = (fields: string) => costOf(`{ trainingJobs { jobs { currentVersion { ${fields} } } } }`);
  expect(current("jobId jobName versionId status statusCode terminal")).toBe(57.1);
  expect(current("status engineName")).toBeCloseTo(50.1 + 10 * 50.2, 6);
  expect(current("specCode")).toBeCloseTo(50.1 + 10 * 50.1, 6);
  expect(current("... on TrainingJobVersion { engineName }")).toBeCloseTo(50.1 + 10 * 50.1, 6);
});

test("specCode costs a call for each version of a list, and none beyond the version's own where that was looked up alone", () => {
  expect(costOf("{ trainingJob(jobId: 1) { versions(perPage: 20) { specCode } } }")).toBe(100 + 20 * 50.1);
  expect(costOf("{ trainingJob(jobId: 1) { versions(perPage: 20) { versionName } } }")).toBe(100 + 20 * 0.1);
  expect(costOf("{ trainingJobVersion(jobId: 1, versionId: 2) { specCode } }")).toBe(50.1);
});

test("mutations cost the lookups of their rules and the version that is asked for", () => {
  const input = '{ jobId: 1, config: { workerServerNum: 1, trainUrl: "/t/", preVersionId: 2 } }';
  expect(costOf(`mutation { createTrainingJobVersion(input: ${input}) { versionId } }`)).toBe(300.1);
  expect(costOf(`mutation { createTrainingJobVersion(input: ${input}) { version { specCode } } }`)).toBe(
    350.1,
  );
  expect(costOf(`{ validateTrainingJobVersion(input: ${input}) { rule } }`)).toBe(200.1);
  expect(costOf("mutation { stopTrainingJobVersion(jobId: 1, versionId: 2) { version { status } } }")).toBe(
    100.1,
  );
});

test("a subscription costs one call, and what one event asks for", () => {
  const event = (fields: string) =>
    costOf(`subscription { trainingJobStatusChanged(jobId: 1) { ${fields} } }`);
  expect(event("cursor status")).toBe(50.2);
  expect(event("version { status }")).toBe(100.1);
  expect(event("version { specCode }")).toBe(100.1);
});

test("fields that merge into one count once", () => {
  const query = `
    { trainingJob(jobId: 1) { currentVersion { appUrl } ...A ...A } trainingJob(jobId: 1) { jobName } }
    fragment A on TrainingJob { currentVersion { logUrl } jobName }`;
  expect(costOf(query)).toBe(50 + 50 + 0.3);
});

test("aliased fields count one by one", () => {
  expect(costOf("{ a: trainingJob(jobId: 1) { jobName } b: trainingJob(jobId: 1) { jobName } }")).toBe(100.2);
});

test("fields that are skipped or not included cost nothing", () => {
  const query = `query ($all: Boolean = false) {
    trainingJob(jobId: 1) { jobName versions @include(if: $all) { versionId } currentVersion @skip(if: true) { appUrl } }
  }`;
  expect(costOf(query)).toBe(50.1);
  expect(costOf(query, { all: true })).toBe(101.1);
  expect(costOf(`{ trainingJob(jobId: 1) { jobName ... @skip(if: true) { jobDesc } } }`)).toBe(50.1);
});

test("introspection costs nothing, and what stands beside it still does", () => {
  expect(costOf(`{ __schema { types { name } } __type(name: "Query") { name } resourceSpecs { cpu } }`)).toBe(
    50.1,
  );
});

test("of several operations the one that is named counts", () => {
  const query = "query A { resourceSpecs { cpu } } query B { __typename }";
  expect(costOf(query, undefined, "A")).toBe(50.1);
  expect(costOf(query, undefined, "B")).toBe(0.1);
});
