import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type House, startHouse } from "../support/house.js";
import { CREATE, sampleInput } from "../support/sample.js";

describe("values that do not fit", () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(() => house[Symbol.asyncDispose]());

  it.each([
    [
      "a null that takes the place of a default",
      'query ($id: ID = "10") { trainingJob(jobId: $id) { jobId } }',
      { id: null },
    ],
    [
      "such a null inside an input",
      'query ($id: ID = "10") { validateTrainingJobVersion(input: { jobId: $id, config: { workerServerNum: 1, trainUrl: "/a/", preVersionId: 1 } }) { rule } }',
      { id: null },
    ],
    [
      "such a null in a directive",
      "query ($on: Boolean = true) { trainingJob(jobId: 10) { jobId @include(if: $on) } }",
      { on: null },
    ],
    [
      "more of them than are counted",
      CREATE,
      { input: { config: { parameter: Array.from({ length: 80 }, () => 7) } } },
    ],
    ["a variable of the wrong type", CREATE, { input: 7 }],
  ])("are BAD_USER_INPUT: %s", async (_what, query, variables) => {
    const { status, body } = await house.send(query, variables);
    expect(new Set(body.errors?.map(({ extensions }) => extensions.code))).toEqual(
      new Set(["BAD_USER_INPUT"]),
    );
    expect(body.errors?.every(({ extensions }) => typeof extensions.requestId === "string")).toBe(true);
    expect(status).toBeLessThan(500);
    expect(house.gateway.logs.filter(({ event }) => event === "defect")).toEqual([]);
  });
});

it("a mutation whose answer the client would not accept does not happen", async () => {
  await using house = await startHouse();
  const response = await fetch(`${house.gateway.url}/graphql`, {
    method: "POST",
    headers: { ...house.simulator.headers, "content-type": "application/json", accept: "text/csv" },
    body: JSON.stringify({ query: CREATE, variables: { input: sampleInput() } }),
  });
  expect(response.status).toBe(406);
  expect(await response.json()).toMatchObject({
    errors: [{ extensions: { code: "BAD_REQUEST", requestId: response.headers.get("x-request-id") } }],
  });
  expect(house.simulator.journal.count("createVersion")).toBe(0);
});
