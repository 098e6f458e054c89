import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openEventStream } from "../support/event-stream.js";
import { ANSWER_DEADLINE_MS, expectUnharmed, problemWith } from "../support/fuzz-gateway.js";
import { FUZZ_MS, fuzzRandom, type Random } from "../support/fuzz-random.js";
import { startSpoilingProxy } from "../support/fuzz-upstream.js";
import { startGatewayProcess } from "../support/gateway-process.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { startSimulator } from "../support/simulator.js";

const AT_ONCE = 6;
const VERSION = `versionId versionName status statusCode createTime startTime duration parameter { label value }
  dataSource { type dataUrl datasetId datasetVersion } modelMetricList systemMetricList volumes gpuNum engineId specId
  workerServerNum terminal preVersionId modelId`;
const QUERIES = [
  `query { trainingJobs(perPage: 3) { jobTotalCount jobCountLimit quotas jobs { jobName jobDesc versionCount currentVersion { ${VERSION} } } } }`,
  `query ($job: ID!) { trainingJob(jobId: $job) { jobName versionCount currentVersion { ${VERSION} } versions { ${VERSION} preVersion { status } } } }`,
  `query ($job: ID!) { trainingJobVersion(jobId: $job, versionId: "20") { ${VERSION} specCode resourceSpec { specId maxNum } } }`,
  "query { resourceSpecs { specId core cpu gpuNum maxNum unitNum interfaceType noResource specCode } }",
  "query { engineSpecs { engineId engineType engineName engineVersion } }",
];
const STOP =
  'mutation { stopTrainingJobVersion(jobId: "14", versionId: "301") { jobId version { status } } }';
const WATCH = `subscription ($job: ID!) { trainingJobStatusChanged(jobId: $job) { cursor versionId status version { ${VERSION} } } }`;

function nextRequest(random: Random): { query: string; variables: Record<string, unknown> } {
  const variables = { job: random.pick(["10", "11", "13", "14", "9223372036854775807"]) };
  switch (random.int(8)) {
    case 0:
      return { query: CREATE, variables: { input: sampleInput() } };
    case 1:
      return { query: CREATE, variables: { input: { ...sampleInput(), idempotencyKey: randomUUID() } } };
    case 2:
      return { query: STOP, variables: {} };
    default:
      return { query: random.pick(QUERIES) ?? "", variables };
  }
}

async function problemOf(
  url: string,
  headers: Record<string, string>,
  random: Random,
): Promise<string | undefined> {
  const request = nextRequest(random);
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(ANSWER_DEADLINE_MS),
  });
  const text = await response.text();
  const problem =
    response.status >= 500
      ? `status ${response.status}`
      : problemWith(text === "" ? undefined : JSON.parse(text));
  return problem && `${problem}\nrequest: ${JSON.stringify(request)}\nanswer: ${text.slice(0, 2_000)}`;
}

/** Watches a job for a while; what is wrong with what comes, if anything. */
async function problemOfWatching(
  url: string,
  headers: Record<string, string>,
  random: Random,
): Promise<string | undefined> {
  const variables = { job: random.pick(["10", "14", "301"]) };
  const stream = await openEventStream(url, { query: WATCH, variables }, headers);
  const enough = new Promise((resolve) => setTimeout(resolve, random.int(500)));
  await Promise.race([stream.ended, enough]);
  stream.close();
  const problems = stream.events
    .filter(({ event }) => event === "next")
    .map(({ data }) => problemWith(data) && `${problemWith(data)}\n${JSON.stringify(data)}`);
  return problems.find((problem) => problem !== undefined);
}

describe("an upstream whose answers are spoiled in their bytes, fields, headers and connections", () => {
  it("leads to answers by the catalogue alone, and the gateway is none the worse", async () => {
    const random = fuzzRandom("the upstream's answers");
    await using simulator = await startSimulator({ clock: { mode: "real" }, timeScale: 20 });
    await using proxy = await startSpoilingProxy(simulator.url, random.fork(), 0.6);
    await using gateway = await startGatewayProcess({
      MODELARTS_ENDPOINT: proxy.url,
      UPSTREAM_TIMEOUT_MS: "500",
      UPSTREAM_BUDGET_MS: "1000",
      STATUS_POLL_INTERVAL_MS: "20",
      CACHE_TTL_ACTIVE_MS: "50",
      CACHE_TTL_TERMINAL_MS: "50",
      CACHE_TTL_SPECS_MS: "50",
    });
    const problems = new Map<string, string>();
    let asked = 0;
    const end = performance.now() + FUZZ_MS;
    async function repeat(once: typeof problemOf, mine: Random): Promise<void> {
      while (performance.now() < end) {
        const problem = await once(gateway.url, simulator.headers, mine);
        asked += 1;
        if (problem) problems.set(problem.split("\n", 1)[0] ?? "", problem);
      }
    }
    await Promise.all([
      ...Array.from({ length: AT_ONCE }, () => repeat(problemOf, random.fork())),
      ...Array.from({ length: 2 }, () => repeat(problemOfWatching, random.fork())),
    ]);
    console.log(`${asked} requests; answers spoiled: ${JSON.stringify(Object.fromEntries(proxy.spoiled))}`);
    expect([...problems.values()]).toEqual([]);
    expect(proxy.spoiled.size).toBeGreaterThan(3);
    await expectUnharmed(gateway);
  }, 120_000);
});
