import { type FieldNode, type GraphQLResolveInfo, Kind, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { coverageAsked } from "../../../src/resolvers/coverage.js";
import { FULL_VERSION } from "./entities.js";
import { gatewayWith } from "./gateway.js";

describe("how much of a version is asked for", () => {
  const SUMMARY = "jobId jobName jobDesc versionId status statusCode terminal createTime duration __typename";
  it.each([
    ["what the list of jobs tells", SUMMARY, "summary"],
    ["a field of the list of versions", "status versionName", "list"],
    ["lists", "parameter { label }", "list"],
    ["the version before, whose id is in the list of versions", "preVersion { status }", "list"],
    ["the spec, whose id is in the list of versions", "resourceSpec { core }", "list"],
    ["the spec's code", "status specCode", "details"],
    ["an alias", "status: specCode", "details"],
    ["a named fragment", "...Code", "details"],
    ["fragments within fragments", "... on TrainingJobVersion { ... { ...Nested } }", "details"],
    ["a field that is skipped", "status specCode @skip(if: true)", "summary"],
    ["a field that is not included", "status specCode @include(if: $no) appUrl @include(if: $yes)", "list"],
    ["a field that is included by a variable", "specCode @include(if: $yes) @skip(if: $no)", "details"],
    ["a fragment that is skipped by a variable", "status ...Code @skip(if: $yes)", "summary"],
    ["an inline fragment that is not included", "status ... @include(if: $no) { specCode }", "summary"],
    ["a spec's code of another level", "preVersion { specCode }", "list"],
  ])("%s", async (_what, selection, coverage) => {
    const gateway = gatewayWith(FULL_VERSION);
    const result = await gateway.run(`
      query ($yes: Boolean = true, $no: Boolean = false) {
        trainingJobVersion(jobId: 10, versionId: 20) { ${selection} }
        other: trainingJobVersion(jobId: 1, versionId: 1) @include(if: $no) @skip(if: $yes) { ...Code ...Nested }
      }
      fragment Code on TrainingJobVersion { specCode }
      fragment Nested on TrainingJobVersion { ...Code }`);
    expect(result.errors).toBeUndefined();
    expect(gateway.project.asked[0]).toBe(`trainingJobVersion 10/20 ${coverage}`);
  });

  it("is the most that any of several selections of the same field needs", async () => {
    const gateway = gatewayWith(FULL_VERSION);
    const version = "trainingJobVersion(jobId: 10, versionId: 20)";
    await gateway.run(`{ ${version} { status } ${version} { specCode } }`);
    expect(gateway.project.asked).toEqual(["trainingJobVersion 10/20 details"]);
  });

  it("is told anew for each execution of a document in which variables decide", () => {
    const [operation] = parse(
      `query ($yes: Boolean!) { version { status ... { specCode @include(if: $yes) } } }`,
    ).definitions;
    const fieldNodes = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections : [];
    const asked = (yes: boolean) =>
      coverageAsked({
        fieldNodes: fieldNodes as readonly FieldNode[],
        fragments: {},
        variableValues: { yes },
      } as unknown as GraphQLResolveInfo);
    expect([asked(false), asked(true), asked(true), asked(false)]).toEqual([
      "summary",
      "details",
      "details",
      "summary",
    ]);
  });
});
