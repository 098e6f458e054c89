import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { type House, startHouse } from "../support/house.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { until } from "../support/until.js";

/** Sends an operation whose client leaves when the upstream has it, before it answers. */
async function leaveEarly(
  { gateway, simulator }: House,
  route: "listVersions" | "createVersion",
  request: { query: string; variables?: unknown },
): Promise<{ letAnswer(): void }> {
  const slow = simulator.faults.add({ route, kind: "hang", when: "after" });
  const gone = new AbortController();
  const answer = fetch(`${gateway.url}/graphql`, {
    method: "POST",
    headers: { ...simulator.headers, "content-type": "application/json" },
    body: JSON.stringify(request),
    signal: gone.signal,
  });
  await slow.reached(1);
  gone.abort();
  await expect(answer).rejects.toThrow();
  return { letAnswer: () => slow.release() };
}

it("a client that leaves before its answer is no defect, and its upstream call is cancelled", async () => {
  await using house = await startHouse();
  await leaveEarly(house, "listVersions", { query: '{ trainingJob(jobId: "10") { jobName } }' });
  await until("the call upstream is cancelled", () =>
    house.simulator.journal.entries({ route: "listVersions" }).some(({ end }) => end === "aborted"),
  );
  const recorded = () => house.gateway.logs.find(({ event }) => event === "operation");
  await until("the operation has ended", recorded);
  expect(recorded()).toMatchObject({ codes: ["BAD_REQUEST"] });
  expect(house.gateway.logs.filter(({ event }) => event === "defect")).toEqual([]);
});

it("a creation runs to its end although its client has left, and a repeat gets the version", async () => {
  await using house = await startHouse();
  const input = { ...sampleInput(), idempotencyKey: randomUUID() };
  const { letAnswer } = await leaveEarly(house, "createVersion", { query: CREATE, variables: { input } });
  const recorded = () => house.gateway.logs.some(({ event }) => event === "operation");
  const repeated = house.send(CREATE, { input });
  letAnswer();
  const { versionId } = (await repeated).body.data.createTrainingJobVersion;
  await until("the operation has ended", recorded);
  const posts = house.simulator.journal.entries({ route: "createVersion" });
  expect(posts.map(({ end }) => end)).toEqual(["answered"]);
  expect(house.simulator.statusOf(10, versionId)).toBeDefined();
});
