import { expect, it } from "vitest";
import { startHouse } from "../support/house.js";
import { until } from "../support/until.js";

it("a client that leaves before its answer is no defect, and its upstream call is cancelled", async () => {
  await using house = await startHouse();
  const slow = house.simulator.faults.add({ route: "listVersions", kind: "hang" });
  const gone = new AbortController();
  const answer = fetch(`${house.gateway.url}/graphql`, {
    method: "POST",
    headers: { ...house.simulator.headers, "content-type": "application/json" },
    body: JSON.stringify({ query: '{ trainingJob(jobId: "10") { jobName } }' }),
    signal: gone.signal,
  });
  await slow.reached(1);
  gone.abort();
  await expect(answer).rejects.toThrow();
  const recorded = () => house.gateway.logs.find(({ event }) => event === "operation");
  await until("the operation has ended", recorded);
  expect(recorded()).toMatchObject({ codes: ["BAD_REQUEST"] });
  expect(house.gateway.logs.filter(({ event }) => event === "defect")).toEqual([]);
});
