import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LASTING, ReplicaPair, type Which } from "../support/replica-pair.js";
import { STATUS } from "../support/simulator.js";

const BOTH: readonly Which[] = [0, 1];
const LIST = "query ($j: ID!) { trainingJob(jobId: $j) { versions { versionId status } } }";
const DETAILS = "query ($j: ID!, $v: ID!) { trainingJobVersion(jobId: $j, versionId: $v) { specCode } }";

/** A job, and a token of its own for each of so many people. */
function newJob(pair: ReplicaPair, people: number) {
  const { simulator } = pair;
  const { id } = simulator.addJob();
  const version = simulator.addVersion(id, { status: STATUS.RUNNING });
  const tokens = Array.from({ length: people }, () => simulator.tokens.issue(simulator.projectId).token);
  async function ask(which: Which, token: string | undefined, query: string) {
    const headers = { ...simulator.headers, "X-Auth-Token": token ?? "" };
    const { data, errors } = await pair.ask(which, query, { j: String(id), v: String(version.id) }, headers);
    return errors?.[0]?.extensions.code ?? data;
  }
  /** The status that its list shows, or why there is none. */
  async function list(which: Which, token: string | undefined): Promise<string> {
    const found = await ask(which, token, LIST);
    return found.trainingJob?.versions[0].status ?? found;
  }
  /** What its details alone carry. */
  async function specCode(which: Which, token: string | undefined): Promise<string> {
    return (await ask(which, token, DETAILS)).trainingJobVersion.specCode;
  }
  const calls = () =>
    simulator.journal.entries({ jobId: String(id) }).map(({ headers }) => headers["x-auth-token"]);
  return { id, tokens, list, specCode, calls };
}

describe("two replicas that share a project's answers among its tokens", () => {
  let pair: ReplicaPair;
  beforeAll(async () => {
    pair = await ReplicaPair.start({ ...LASTING, CACHE_SCOPE: "project" });
  });
  afterAll(() => pair[Symbol.asyncDispose]());

  it("give one's answer to another once he has made a call of his own, on either replica", async () => {
    const { tokens, list, specCode, calls } = newJob(pair, 2);
    for (const token of tokens) expect(await list(0, token)).toBe("RUNNING");
    expect(calls()).toEqual(tokens);
    for (const token of tokens) expect(await list(1, token)).toBe("RUNNING");
    expect(await specCode(0, tokens[0])).toBe("modelarts.vm.cpu.2u");
    expect(await specCode(1, tokens[1])).toBe("modelarts.vm.cpu.2u");
    expect(calls()).toEqual([...tokens, tokens[0]]);
  });

  it("give nothing of it to one whom the upstream refuses", async () => {
    const { tokens, list, calls } = newJob(pair, 1);
    const { other } = pair.simulator;
    for (const which of BOTH) {
      expect(await list(which, tokens[0])).toBe("RUNNING");
      expect(["FORBIDDEN", "UNAUTHENTICATED"]).toContain(await list(which, other.token));
    }
    expect(calls()).toEqual([tokens[0], other.token, other.token]);
  });

  it("keep lists of jobs, and each project's specifications, to those who got them by themselves", async () => {
    const { simulator } = pair;
    const [one, other] = newJob(pair, 2).tokens;
    const query =
      '{ trainingJobs(filter: { searchContent: "nobody else\'s" }) { jobTotalCount } resourceSpecs(engineId: 2) { specId } }';
    for (const [token, which] of [
      [one, 0],
      [other, 0],
      [one, 1],
      [other, 1],
    ] as const) {
      const { errors } = await pair.ask(
        which,
        query,
        {},
        { ...simulator.headers, "X-Auth-Token": token ?? "" },
      );
      expect(errors).toBeUndefined();
    }
    for (const route of ["listJobs", "listResourceSpecs"] as const) {
      const askers = simulator.journal.entries({ route }).map(({ headers }) => headers["x-auth-token"]);
      expect(askers).toEqual([one, other]);
    }
  });
});

describe.concurrent("two replicas when a proof of access has come to its end", () => {
  const PROOF_MS = 2_000;
  let pair: ReplicaPair;
  beforeAll(async () => {
    pair = await ReplicaPair.start({
      ...LASTING,
      CACHE_SCOPE: "project",
      AUTH_PROOF_TTL_MS: String(PROOF_MS),
    });
  });
  afterAll(() => pair[Symbol.asyncDispose]());

  it("give nothing to a revoked token after AUTH_PROOF_TTL_MS, and renew no proof that nobody needs", async () => {
    const { tokens, list, calls } = newJob(pair, 2);
    const [kept, revoked] = tokens;
    for (const which of BOTH) for (const token of tokens) expect(await list(which, token)).toBe("RUNNING");
    const [provenAt, before] = [performance.now(), calls()];
    pair.simulator.tokens.revoke(revoked ?? "");
    await sleep(provenAt + PROOF_MS - performance.now());
    expect(calls()).toEqual(before);
    for (const which of BOTH) expect(await list(which, revoked)).toBe("UNAUTHENTICATED");
    expect(await list(0, kept)).toBe("RUNNING");
    expect(calls()).toEqual([...before, revoked, revoked, kept]);
  });

  it("give nothing while the upstream does not answer, once the proof is too old", async () => {
    const { id, tokens, list } = newJob(pair, 1);
    for (const which of BOTH) expect(await list(which, tokens[0])).toBe("RUNNING");
    const provenAt = performance.now();
    const away = pair.simulator.faults.add({ jobId: String(id), kind: "error", status: 500 });
    await sleep(provenAt + PROOF_MS - performance.now());
    for (const which of BOTH) expect(await list(which, tokens[0])).toBe("UPSTREAM_UNAVAILABLE");
    away.remove();
    expect(await list(0, tokens[0])).toBe("RUNNING");
    expect(await pair.metric(0, "cache_proofs_renewed_total", { kind: "versions" })).toBeGreaterThan(0);
    expect(
      await pair.metric(0, "upstream_attempts_total", {
        route: "list_versions",
        outcome: "UPSTREAM_UNAVAILABLE",
      }),
    ).toBeGreaterThan(0);
  });
});
