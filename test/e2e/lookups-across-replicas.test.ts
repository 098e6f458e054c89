import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.js";
import { post } from "../support/graphql-client.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { startSimulator, type TestSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";

/** How often the effect of a mutation is raced against reads; each time the reads hit another moment of it. */
const INTERLEAVINGS = 1_000;
/** Jobs whose mutations are under way at the same time. */
const LANES = 8;
/** Between two reads of one reader: enough of them are under way at any moment. */
const READ_PAUSE_MS = 10;
const VERSIONS =
  "query ($jobId: ID!) { trainingJob(jobId: $jobId) { jobName versionCount versions(perPage: 100) { versionId status } } }";

describe("two replicas that share Redis", () => {
  let simulator: TestSimulator;
  let replicas: [GatewayProcess, GatewayProcess];

  beforeAll(async () => {
    simulator = await startSimulator({ journalCapacity: 100_000 });
    const env = {
      MODELARTS_ENDPOINT: simulator.url,
      REDIS_URL: inject("redisUrl"),
      REDIS_KEY_PREFIX: `test:${randomUUID()}:`,
      // Nothing becomes fresh again by waiting: what is seen to change was told.
      CACHE_TTL_ACTIVE_MS: "600000",
      AUTH_PROOF_TTL_MS: "600000",
    };
    replicas = await Promise.all([startGatewayProcess(env), startGatewayProcess(env)]);
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
    await simulator[Symbol.asyncDispose]();
  });

  const ask = (replica: GatewayProcess, query: string, variables = {}, headers = simulator.headers) =>
    post(replica.url, { query, variables }, headers);
  const callsFor = (jobId: string) => simulator.journal.entries({ jobId }).length;

  it("answer 1,000 identical cold lookups at once with one upstream call", async () => {
    const job = simulator.addJob({ name: "hot" });
    const { id } = simulator.addVersion(job.id);
    const query =
      "query ($j: ID!, $v: ID!) { trainingJobVersion(jobId: $j, versionId: $v) { versionId status specCode } }";
    const variables = { j: String(job.id), v: String(id) };
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => ask(replicas[i % 2 === 0 ? 0 : 1], query, variables)),
    );
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers[0]?.body.data.trainingJobVersion.versionId).toBe(String(id));
    expect(callsFor(String(job.id))).toBe(1);
  });

  it("fetch 50 versions of one job in one operation with one upstream call", async () => {
    const job = simulator.addJob({ name: "many" });
    const ids = Array.from({ length: 50 }, () => String(simulator.addVersion(job.id).id));
    const fields = ids.map(
      (id, i) => `v${i}: trainingJobVersion(jobId: "${job.id}", versionId: "${id}") { versionId status }`,
    );
    const { body } = await ask(replicas[0], `{ ${fields.join("\n")} }`);
    expect(Object.values(body.data).map((v) => (v as { versionId: string }).versionId)).toEqual(ids);
    expect(callsFor(String(job.id))).toBe(1);
  });

  it("never show one tenant's data to another, though ids and moments are the same", async () => {
    const job = simulator.addJob({ name: "mine" });
    const { id } = simulator.addVersion(job.id);
    const theirs = simulator.addJob({ id: job.id, name: "theirs" }, simulator.other.projectId);
    simulator.addVersion(theirs.id, { id }, simulator.other.projectId);
    const query = `{ a: trainingJobVersion(jobId: "${job.id}", versionId: "${id}") { jobName } b: trainingJob(jobId: "${job.id}") { jobName } }`;
    const tenants = [
      ["mine", simulator.headers],
      ["theirs", { "X-Auth-Token": simulator.other.token, "X-Project-Id": simulator.other.projectId }],
    ] as const;
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const [name, headers] = tenants[i % 2] ?? tenants[0];
        const { body } = await ask(replicas[Math.floor(i / 2) % 2 === 0 ? 0 : 1], query, {}, { ...headers });
        return [name, body] as const;
      }),
    );
    for (const [name, body] of answers)
      expect(body).toEqual({ data: { a: { jobName: name }, b: { jobName: name } } });
  });

  it("refuse another tenant's project to a token that the upstream refuses it to", async () => {
    const headers = { "X-Auth-Token": simulator.other.token, "X-Project-Id": simulator.projectId };
    await ask(replicas[0], VERSIONS, { jobId: "10" });
    const { body } = await ask(replicas[0], VERSIONS, { jobId: "10" }, headers);
    expect(body.data).toEqual({ trainingJob: null });
    expect(["FORBIDDEN", "UNAUTHENTICATED"]).toContain(body.errors?.[0]?.extensions.code);
  });

  it("show a mutation's effect at once on its replica and soon on the other, amid reads, and never take it back", {
    timeout: 240_000,
  }, async () => {
    const delays: number[] = [];
    const countOn = async (replica: GatewayProcess, jobId: string) =>
      (await ask(replica, VERSIONS, { jobId })).body.data.trainingJob.versions.length as number;

    /** Reads until told to stop; returns what it saw, repetitions left out. */
    async function watchCount(replica: GatewayProcess, jobId: string, stop: AbortSignal): Promise<number[]> {
      const seen: number[] = [];
      while (!stop.aborted) {
        const count = await countOn(replica, jobId);
        if (seen.at(-1) !== count) seen.push(count);
        await sleep(READ_PAUSE_MS * Math.random());
      }
      return seen;
    }

    async function race(round: number): Promise<void> {
      const job = simulator.addJob();
      const jobId = String(job.id);
      const preVersionId = String(simulator.addVersion(job.id).id);
      const [writer, other] = round % 2 === 0 ? replicas : [replicas[1], replicas[0]];
      const written = new AbortController();
      const readers = Promise.all(replicas.map((replica) => watchCount(replica, jobId, written.signal)));
      await countOn(replicas[round % 3 === 0 ? 0 : 1], jobId);
      const { config, ...input } = sampleInput();
      const { body } = await ask(writer, CREATE, {
        input: { ...input, jobId, config: { ...config, preVersionId } },
      });
      const answeredAt = performance.now();
      expect(body.errors).toBeUndefined();
      expect({ round, atOnce: await countOn(writer, jobId) }).toEqual({ round, atOnce: 2 });
      await until("the other replica shows it", async () => (await countOn(other, jobId)) === 2);
      delays.push(performance.now() - answeredAt);
      written.abort();
      for (const seen of await readers) expect([[1, 2], [2], [1], []]).toContainEqual(seen);
    }

    const rounds = Array.from({ length: INTERLEAVINGS }, (_, i) => i);
    async function lane(): Promise<void> {
      for (let round = rounds.shift(); round !== undefined; round = rounds.shift()) await race(round);
    }
    await Promise.all(Array.from({ length: LANES }, lane));
    const [median, p99] = [0.5, 0.99].map(
      (q) => delays.toSorted((a, b) => a - b)[Math.floor(q * delays.length)],
    );
    console.log(
      `The other replica showed it after ${median?.toFixed(1)} ms (median), ${p99?.toFixed(1)} ms (p99)`,
    );
  });
});
