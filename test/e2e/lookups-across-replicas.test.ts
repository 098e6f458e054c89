import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LASTING, ReplicaPair, type Which } from "../support/replica-pair.js";
import { STATUS } from "../support/simulator.js";
import { until } from "../support/until.js";

const LIST = "query ($j: ID!) { trainingJob(jobId: $j) { jobName versions { versionId status } } }";
const DETAILS =
  "query ($j: ID!, $v: ID!) { trainingJobVersion(jobId: $j, versionId: $v) { versionId status specCode } }";
const STOP = "mutation ($j: ID!, $v: ID!) { stopTrainingJobVersion(jobId: $j, versionId: $v) { jobId } }";
const BOTH: readonly Which[] = [0, 1];

describe("two replicas that share Redis", () => {
  let pair: ReplicaPair;

  beforeAll(async () => {
    pair = await ReplicaPair.start(LASTING);
  });
  afterAll(() => pair[Symbol.asyncDispose]());

  /** A job of the first tenant with so many versions that can change; ids as GraphQL writes them. */
  function newJob(versions = 1): { jobId: string; versionIds: string[] } {
    const { id } = pair.simulator.addJob({ name: "job-of-mine" });
    const add = () => String(pair.simulator.addVersion(id, { status: STATUS.RUNNING }).id);
    return { jobId: String(id), versionIds: Array.from({ length: versions }, add) };
  }

  /** One operation that asks for each of them. */
  function together(fields: string[]): string {
    return `{ ${fields.map((field, i) => `_${i}: ${field}`).join("\n")} }`;
  }

  /** The upstream calls that were made meanwhile, by name. */
  async function callsDuring(work: () => Promise<unknown>): Promise<Record<string, number>> {
    pair.simulator.journal.clear();
    await work();
    return pair.simulator.journal.counts();
  }

  /** How many lookups have waited for another one's call. */
  const waiting = (which: Which, where: "process" | "replica", kind: string) =>
    pair.metric(which, "cache_coalesced_total", { where, kind });

  it("answer 1,000 identical cold lookups at once with one upstream call", async () => {
    const { jobId, versionIds } = newJob();
    const variables = { j: jobId, v: versionIds[0] };
    const held = pair.simulator.faults.once({ jobId, kind: "hang" });
    const asking = Array.from({ length: 1_000 }, (_, i) => pair.ask((i % 2) as Which, DETAILS, variables));
    await until(
      "each has callers that wait for one another, and one of them waits for the other",
      async () => {
        const here = await Promise.all(BOTH.map((which) => waiting(which, "process", "version")));
        const there = await Promise.all(BOTH.map((which) => waiting(which, "replica", "version")));
        return Math.min(...here) > 0 && Math.max(...there) > 0;
      },
    );
    held.release();
    const answers = await Promise.all(asking);
    expect(new Set(answers.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(answers[0]?.data.trainingJobVersion.versionId).toBe(versionIds[0]);
    expect(pair.callsFor(jobId)).toBe(1);
  });

  it("fetch 50 versions of one job in one operation with one upstream call", async () => {
    const { jobId, versionIds } = newJob(50);
    const fields = versionIds.map(
      (id) => `trainingJobVersion(jobId: "${jobId}", versionId: "${id}") { versionId status }`,
    );
    const { data } = await pair.ask(0, together(fields));
    expect(Object.values(data).map((v) => (v as { versionId: string }).versionId)).toEqual(versionIds);
    expect(pair.callsFor(jobId)).toBe(1);
  });

  it("fetch details only of those versions that are asked for what details alone carry", async () => {
    const { jobId, versionIds } = newJob(10);
    const fields = versionIds.map((id, i) => {
      const asked = i < 2 ? "versionId specCode" : "versionId engineName";
      return `trainingJobVersion(jobId: "${jobId}", versionId: "${id}") { ${asked} }`;
    });
    const calls = await callsDuring(async () => {
      const { data } = await pair.ask(0, together(fields));
      expect(Object.values(data)).toEqual(
        versionIds.map((versionId, i) => ({
          versionId,
          ...(i < 2 ? { specCode: "modelarts.vm.cpu.2u" } : { engineName: "TensorFlow" }),
        })),
      );
    });
    expect(calls).toEqual({ listVersions: 1, getVersion: 2 });
  });

  it("show 50 jobs with their current versions for one call, which serves the other replica as well", async () => {
    const query =
      "{ trainingJobs(perPage: 50) { jobs { jobId currentVersion { versionId status createTime duration } } } }";
    const ask = async (which: Which) => {
      const { data } = await pair.ask(which, query);
      expect(data.trainingJobs.jobs).toHaveLength(50);
    };
    expect(await callsDuring(() => ask(0))).toEqual({ listJobs: 1 });
    expect(await callsDuring(() => ask(1))).toEqual({});
  });

  it("follow a chain of predecessors and their specifications for one call a level at most, the other replica for none", async () => {
    const { id } = pair.simulator.addJob();
    let preVersionId = pair.simulator.addVersion(id).id;
    for (let i = 0; i < 3; i += 1) preVersionId = pair.simulator.addVersion(id, { preVersionId }).id;
    const level = (inner: string) => `{ versionId resourceSpec { specCode } ${inner} }`;
    const chain = [1, 2, 3].reduce((inner) => `preVersion ${level(inner)}`, `preVersion ${level("")}`);
    const query = `{ trainingJobVersion(jobId: "${id}", versionId: "${preVersionId}") ${level(chain)} }`;
    const ask = async (which: Which) => {
      const { data, errors } = await pair.ask(which, query);
      expect(errors).toBeUndefined();
      expect(JSON.stringify(data).match(/"specCode":"modelarts.vm.cpu.2u"/g)).toHaveLength(4);
    };
    const { listResourceSpecs, ...levels } = await callsDuring(() => ask(0));
    expect(listResourceSpecs).toBe(1);
    expect(Object.values(levels).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(4);
    expect(await callsDuring(() => ask(1))).toEqual({});
  });

  it("share nothing between two tokens of a project, whatever one has proven", async () => {
    const { jobId, versionIds } = newJob();
    const second = { ...pair.simulator.headers, "X-Auth-Token": pair.simulator.secondToken };
    const askers = [pair.simulator.headers, second];
    for (const query of [LIST, DETAILS]) {
      for (const headers of [...askers, ...askers]) {
        const { errors } = await pair.ask(0, query, { j: jobId, v: versionIds[0] }, headers);
        expect(errors).toBeUndefined();
      }
    }
    const tokens = pair.simulator.journal.entries({ jobId }).map(({ headers }) => headers["x-auth-token"]);
    const both = [pair.simulator.token, pair.simulator.secondToken];
    expect(tokens).toEqual([...both, ...both]);
  });

  it("never show one tenant's data to another, though ids and moments are the same", async () => {
    const { simulator } = pair;
    const { jobId, versionIds } = newJob();
    simulator.addJob({ id: jobId, name: "theirs" }, simulator.other.projectId);
    simulator.addVersion(jobId, { id: versionIds[0] ?? "" }, simulator.other.projectId);
    const query = together([
      `trainingJobVersion(jobId: "${jobId}", versionId: "${versionIds[0]}") { jobName }`,
      `trainingJob(jobId: "${jobId}") { jobName }`,
    ]);
    const tenants = [
      ["job-of-mine", simulator.headers],
      ["theirs", { "X-Auth-Token": simulator.other.token, "X-Project-Id": simulator.other.projectId }],
    ] as const;
    const answers = Array.from({ length: 200 }, async (_, i) => {
      const [name, headers] = tenants[i % 2] ?? tenants[0];
      const body = await pair.ask((Math.floor(i / 2) % 2) as Which, query, {}, { ...headers });
      expect(body).toEqual({ data: { _0: { jobName: name }, _1: { jobName: name } } });
    });
    await Promise.all(answers);
  });

  it("refuse another tenant's project to a token that the upstream refuses it to", async () => {
    const { simulator } = pair;
    const { jobId } = newJob();
    const headers = { "X-Auth-Token": simulator.other.token, "X-Project-Id": simulator.projectId };
    for (const which of BOTH) {
      expect((await pair.ask(which, LIST, { j: jobId })).errors).toBeUndefined();
      const { data, errors } = await pair.ask(which, LIST, { j: jobId }, headers);
      expect(data).toEqual({ trainingJob: null });
      expect(["FORBIDDEN", "UNAUTHENTICATED"]).toContain(errors?.[0]?.extensions.code);
    }
  });

  it("never give, nor keep, an answer that was on its way to one during a mutation on the other", async () => {
    const { jobId, versionIds } = newJob();
    const before = pair.simulator.faults.once({ jobId, route: "listVersions", kind: "hang", when: "after" });
    const reading = pair.ask(1, LIST, { j: jobId });
    await before.reached(1);
    expect((await pair.ask(0, STOP, { j: jobId, v: versionIds[0] })).errors).toBeUndefined();
    await until("it has begun anew", () => pair.callsFor(jobId) === 3);
    before.release();
    const stopped = { versionId: versionIds[0], status: "KILLING" };
    expect((await reading).data.trainingJob.versions).toEqual([stopped]);
    for (const which of BOTH)
      expect((await pair.ask(which, LIST, { j: jobId })).data.trainingJob.versions).toEqual([stopped]);
    expect(pair.callsFor(jobId)).toBe(3);
  });

  it("cancel an upstream call only when the last of those who wait for it has gone", async () => {
    const { jobId } = newJob();
    const held = pair.simulator.faults.once({ jobId, kind: "hang" });
    const joined = await waiting(0, "process", "versions");
    const callers = [new AbortController(), new AbortController()];
    const asking = callers.map(({ signal }) =>
      pair.ask(0, LIST, { j: jobId }, undefined, signal).catch((error: Error) => error.name),
    );
    await until("one waits for the other", async () => (await waiting(0, "process", "versions")) > joined);
    await held.reached(1);
    const [call] = pair.simulator.journal.entries({ jobId });
    callers[0]?.abort();
    expect(await asking[0]).toBe("AbortError");
    // The gateway has had its turn.
    await pair.ask(0, LIST, { j: newJob().jobId });
    expect(call?.end).toBe("open");
    callers[1]?.abort();
    await until("it is cancelled", () => call?.end === "aborted");
    held.release();
  });

  it("count what came from where, what was dropped and how long it took", async () => {
    const { jobId, versionIds } = newJob();
    const variables = { j: jobId, v: versionIds[0] };
    const kind = "versions";
    const counted = async () => {
      const [here, there] = BOTH.map(
        (which) => (name: string, labels?: Record<string, string>) => pair.metric(which, name, labels),
      );
      if (!here || !there) throw new Error("there are two");
      return Promise.all([
        here("cache_misses_total", { kind }),
        here("cache_loads_total", { kind, outcome: "success" }),
        here("upstream_attempts_total", { route: "list_versions", outcome: "success" }),
        here("upstream_attempt_duration_seconds_count", { route: "list_versions" }),
        here("operation_duration_seconds_count", { type: "query" }),
        here("cache_hits_total", { tier: "process", kind }),
        here("answers_repeated_total"),
        there("cache_hits_total", { tier: "shared", kind }),
        here("cache_invalidations_total", { origin: "local" }),
        there("cache_invalidations_total", { origin: "remote" }),
      ]);
    };
    const before = await counted();
    await pair.ask(0, LIST, variables);
    await pair.ask(0, LIST, variables);
    await pair.ask(0, LIST, variables);
    await pair.ask(1, LIST, variables);
    await pair.ask(0, STOP, variables);
    await until("the other one has heard of it", async () => ((await counted())[9] ?? 0) > (before[9] ?? 0));
    const during = (await counted()).map((count, index) => count - (before[index] ?? 0));
    expect(during.slice(0, 8)).toEqual([1, 1, 1, 1, 3, 1, 1, 1]);
    expect(during[8]).toBe(1);
  });
});
