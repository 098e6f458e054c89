import { expect, it } from "vitest";
import { openEventStream } from "../support/event-stream.js";
import { startHouse } from "../support/house.js";

/** So many times that length is more than the longest text that JavaScript can hold (2^29 - 24 characters). */
const TIMES = 37;
const LENGTH = 15_000_000;

const FIELDS = Array.from({ length: TIMES }, (_, n) => `a${n}: modelMetricList`).join(" ");
const QUERY = `query ($id: ID!) { trainingJobVersion(jobId: "10", versionId: $id) { ${FIELDS} } }`;

it("tells of a defect each time that an answer would be too long for one text", {
  timeout: 60_000,
}, async () => {
  await using house = await startHouse();
  const ask = (id: string, query: string) => house.send(query, { id }, { "x-request-id": "mine" });
  const known = await ask("20", QUERY);
  expect([known.status, known.body.errors]).toEqual([200, undefined]);
  const stream = () =>
    openEventStream(house.gateway.url, { query: QUERY, variables: { id: "21" } }, house.simulator.headers);
  const version = { is_success: true, job_id: 10, job_name: "a", version_id: 21, status: 10 };
  const body = JSON.stringify({ ...version, model_metric_list: ["x".repeat(LENGTH)] });
  house.simulator.faults.add({ route: "getVersion", kind: "answer", body });
  for (const query of [QUERY, `${QUERY} # new`, `${QUERY} # new`]) {
    const answer = await ask("21", query);
    const extensions = answer.body.errors?.map((error) => error.extensions);
    expect([answer.status, extensions]).toEqual([
      500,
      [{ code: "INTERNAL_SERVER_ERROR", requestId: "mine" }],
    ]);
  }
  const { ended, events } = await stream();
  await ended;
  expect(events.map(({ event }) => event)).toEqual(["next", "complete"]);
  expect(events[0]?.data).toMatchObject({ errors: [{ extensions: { code: "INTERNAL_SERVER_ERROR" } }] });
});
