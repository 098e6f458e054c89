import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.js";
import { collect, post, webSocketClient } from "../support/graphql-client.js";
import { environmentFor } from "../support/house.js";
import { type RedisCluster, startRedisCluster } from "../support/redis-cluster.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { STATUS, startSimulator, type TestSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";

/** Enough for some on every node. */
const JOBS = 24;
const LIFE = ["INIT", "WAITING", "RUNNING", "COMPLETED"] as const;

describe("two replicas over a Redis Cluster of three nodes", () => {
  let cluster: RedisCluster | undefined;
  let simulator: TestSimulator;
  let replicas: Gateway[] = [];

  beforeAll(async () => {
    simulator = await startSimulator();
    cluster = await startRedisCluster(3);
    const env = environmentFor(simulator, {
      REDIS_CLUSTER_NODES: cluster.nodes,
      STATUS_POLL_INTERVAL_MS: "50",
      STATUS_POLL_MAX_INTERVAL_MS: "200",
      CACHE_TTL_ACTIVE_MS: "600000",
      RATE_LIMIT_PER_MINUTE: "100000",
      UPSTREAM_CALLS_PER_MINUTE: "100000",
    });
    replicas = await Promise.all([startGateway(env), startGateway(env)]);
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.close()));
    await Promise.all([cluster?.[Symbol.asyncDispose](), simulator[Symbol.asyncDispose]()]);
  });

  function addJobs(): { jobId: string; versionId: string }[] {
    return Array.from({ length: JOBS }, () => {
      const { id } = simulator.addJob();
      return { jobId: String(id), versionId: String(simulator.addVersion(id, { status: STATUS.INIT }).id) };
    });
  }

  async function ask(replica: number, query: string, variables: Record<string, unknown>) {
    const { body } = await post(replicas[replica]?.url ?? "", { query, variables }, simulator.headers);
    expect(body.errors).toBeUndefined();
    return body.data;
  }

  it("tell every change of jobs on all nodes once and in order, whichever of them polls", async () => {
    const clients = replicas.map(({ url }) => webSocketClient(url, simulator.headers));
    const jobs = addJobs();
    const query = `subscription ($jobId: ID!, $versionId: ID!) {
      trainingJobVersionStatusChanged(jobId: $jobId, versionId: $versionId) { status gap }
    }`;
    const told = clients.flatMap((client) =>
      jobs.map((variables) => collect<{ status: string; gap: boolean }>(client, { query, variables })),
    );
    for (const [index, status] of LIFE.entries()) {
      for (const { jobId, versionId } of jobs) simulator.setStatus(jobId, versionId, STATUS[status]);
      await until(`all are told ${status}`, () => told.every(({ events }) => events.length > index));
    }
    await until("all have completed", () => told.every(({ completed }) => completed));
    for (const { events } of told) expect(events).toEqual(LIFE.map((status) => ({ status, gap: false })));
    const sizes = (await cluster?.sizes()) ?? [];
    expect(sizes, "keys on each node").toEqual(
      Array.from({ length: 3 }, () => expect.toSatisfy((keys) => keys > 0)),
    );
    await Promise.all(clients.map((client) => client.dispose()));
  });

  it("share what they have looked up, and drop it when one of them changes it", async () => {
    const query = `query ($jobId: ID!, $versionId: ID!) {
      trainingJobVersion(jobId: $jobId, versionId: $versionId) { status }
    }`;
    const stop = `mutation ($jobId: ID!, $versionId: ID!) {
      stopTrainingJobVersion(jobId: $jobId, versionId: $versionId) { jobId }
    }`;
    const jobs = addJobs();
    for (const job of jobs) await ask(0, query, job);
    simulator.journal.clear();
    for (const job of jobs) await ask(1, query, job);
    expect(simulator.journal.counts()).toEqual({});
    for (const job of jobs) {
      await ask(0, stop, job);
      simulator.setStatus(job.jobId, job.versionId, STATUS.KILLED);
      const shown = async () => (await ask(1, query, job)).trainingJobVersion.status === "KILLED";
      await until("the other one shows it", shown);
    }
  });

  it("make one version for each key, whichever of them is asked", async () => {
    const jobs = addJobs();
    simulator.journal.clear();
    const created = jobs.map(async ({ jobId, versionId }) => {
      const sample = sampleInput();
      const config = { ...sample.config, preVersionId: versionId };
      const input = { ...sample, jobId, idempotencyKey: `key-of-${jobId}`, config };
      return Promise.all([ask(0, CREATE, { input }), ask(1, CREATE, { input })]);
    });
    for (const [first, second] of await Promise.all(created)) expect(first).toEqual(second);
    expect(simulator.journal.count("createVersion")).toBe(JOBS);
  });

  it("miss nothing", async () => {
    for (const { url } of replicas) {
      expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ degraded: [] });
    }
  });
});
