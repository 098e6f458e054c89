import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type House, startHouse } from "../support/house.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { transports } from "../support/transports.js";

const SORTED = "query ($by: TrainingJobSortField!) { trainingJobs(sortBy: $by) { quotas } }";
const PAGE = "query ($n: Int) { trainingJobs(perPage: $n) { quotas } }";

describe.each(Object.entries(transports))("values that do not fit, over %s,", (_transport, firstError) => {
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
    ["a variable that is missing", SORTED, {}],
    ["a value that an enum does not have", SORTED, { by: "JOB_NAM" }],
    ["a text for a number", PAGE, { n: "ten" }],
    ["a number beyond 32 bits", PAGE, { n: 2 ** 31 }],
    ["an object for an id", "query ($id: ID!) { trainingJob(jobId: $id) { jobId } }", { id: {} }],
  ])("are BAD_USER_INPUT: %s", async (_what, query, variables) => {
    const error = await firstError(house, query, variables);
    expect(error?.extensions).toMatchObject({ code: "BAD_USER_INPUT", requestId: expect.any(String) });
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
