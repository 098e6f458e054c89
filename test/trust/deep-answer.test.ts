import { expect, it } from "vitest";
import { openEventStream } from "../support/event-stream.js";
import { startHouse } from "../support/house.js";

const QUERY = '{ trainingJobVersion(jobId: "10", versionId: "20") { status modelMetricList } }';
const ANSWER = { trainingJobVersion: { status: "COMPLETED", modelMetricList: null } };

it("takes metrics nested beyond all measure for none, and the rest as it is", async () => {
  await using house = await startHouse();
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const version = `{"is_success":true,"job_id":10,"job_name":"a","version_id":20,"status":10,"model_metric_list":${deep}}`;
  house.simulator.faults.add({ route: "getVersion", kind: "answer", body: version });
  const overHttp = await house.send(QUERY);
  expect(overHttp.body).toEqual({ data: ANSWER });
  const stream = await openEventStream(house.gateway.url, { query: QUERY }, house.simulator.headers);
  await stream.ended;
  expect(stream.events[0]?.data).toEqual({ data: ANSWER });
  expect(house.gateway.logs.filter(({ event }) => event === "defect")).toEqual([]);
});
