import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.js";
import { post } from "../support/graphql-client.js";
import { redisConfig } from "../support/redis.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { startSimulator, type TestSimulator } from "../support/simulator.js";

let simulator: TestSimulator;
let replicas: [Gateway, Gateway];

beforeEach(async () => {
  simulator = await startSimulator();
  const { keyPrefix } = redisConfig();
  const env = {
    MODELARTS_ENDPOINT: simulator.url,
    REDIS_URL: inject("redisUrl"),
    REDIS_KEY_PREFIX: keyPrefix,
    REDIS_TIMEOUT_MS: "5000",
    UPSTREAM_CALLS_PER_MINUTE: "20",
  };
  replicas = [await startGateway(env), await startGateway(env)];
});
afterEach(async () => {
  for (const replica of replicas) await replica.close();
  await simulator.close();
});

/** Asks for jobs that differ, so that nothing comes from a cache. */
const lookUp = (replica: Gateway, page: number) =>
  post(replica.url, { query: `{ trainingJobs(page: ${page}) { jobTotalCount } }` }, simulator.headers);

describe("UPSTREAM_CALLS_PER_MINUTE over two replicas", () => {
  it("limits what both send together, tells callers when to come back, and keeps some for mutations", async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, page) => lookUp(replicas[page % 2 === 0 ? 0 : 1], page + 1)),
    );
    const refused = answers.filter(({ body }) => body.errors !== undefined);
    expect(simulator.journal.count("listJobs")).toBe(18);
    expect(refused).toHaveLength(12);
    for (const { body } of refused) {
      expect(body.errors?.[0]?.extensions).toMatchObject({ code: "RATE_LIMITED" });
      expect(body.errors?.[0]?.extensions.retryAfterMs).toBeGreaterThan(15_000);
    }
    const stop = 'mutation { stopTrainingJobVersion(jobId: "10", versionId: "20") { versionId } }';
    for (const replica of replicas) {
      const { body } = await post(replica.url, { query: stop }, simulator.headers);
      expect(body.errors?.[0]?.extensions.code).not.toBe("RATE_LIMITED");
    }
    expect(simulator.journal.count("stopVersion")).toBe(2);
    const create = { query: CREATE, variables: { input: sampleInput() } };
    const { body } = await post(replicas[0].url, create, simulator.headers);
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: "RATE_LIMITED" });
    expect(simulator.journal.count()).toBe(20);
  });
});
