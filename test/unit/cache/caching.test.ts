import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { caller, completed, details, firstPage, id, job, page, running, version } from "./data.js";
import { ACTIVE_MS, type Replica, replica, SPECS_MS, TERMINAL_MS } from "./replica.js";
import { settle } from "./scripted-upstream.js";

const HOUR = 3_600_000;
const engine = { engineId: id(1), engineType: 1, engineName: "TensorFlow", engineVersion: "TF-1.4" };

/** Looks something up once, after which the caches may hold it. */
async function warm({ upstream }: Replica, lookup: () => Promise<unknown>, answer: unknown): Promise<void> {
  const found = lookup();
  await settle();
  await upstream.last.answer(answer);
  await found;
}

/** True when a lookup is answered without asking the upstream. */
async function isCached({ upstream }: Replica, lookup: () => Promise<unknown>): Promise<boolean> {
  const before = upstream.calls.length;
  lookup().catch(() => {});
  await settle();
  return upstream.calls.length === before;
}

describe("What an answer is kept as", () => {
  it("is its text until it is asked for again, then what that says", async () => {
    const r = replica();
    const lookup = () => r.operation().trainingJob(id(10));
    const answer = job([version(20), version(19)]);
    await warm(r, lookup, answer);
    expect(r.upstream.readAgain).toBe(0);
    const again = await lookup();
    expect(again).toEqual(answer);
    expect(await lookup()).toBe(again);
    expect(r.upstream.readAgain).toBe(1);
    expect(r.upstream.calls).toHaveLength(1);
  });
});

describe("A list that holds a version", () => {
  it("is not read for it where newer details are given", async () => {
    const r = replica();
    await warm(r, () => r.operation().trainingJob(id(10)), job([version(20)]));
    const lookup = (coverage: "list" | "details") =>
      r.operation().trainingJobVersion(id(10), id(20), coverage);
    await warm(r, () => lookup("details"), details(20, running));
    expect(await lookup("list")).toEqual(details(20, running));
    expect(r.upstream.readAgain).toBe(1);
    expect(r.upstream.calls).toHaveLength(2);
  });
});

describe("How long an answer stays fresh", () => {
  // Proofs that last, so that they do not shorten what is measured here.
  const lasting = { proofTtlMs: HOUR };

  it.each([
    [
      "a job with its versions",
      ACTIVE_MS,
      (r: Replica) => r.operation().trainingJob(id(10)),
      job([version(20)]),
    ],
    ["a page of jobs", ACTIVE_MS, (r: Replica) => r.operation().trainingJobs(firstPage), page(1)],
    [
      "details of a version whose status can change",
      ACTIVE_MS,
      (r: Replica) => r.operation().trainingJobVersion(id(10), id(20), "details"),
      details(20, running),
    ],
    [
      "details of a terminal version",
      TERMINAL_MS,
      (r: Replica) => r.operation().trainingJobVersion(id(10), id(20), "details"),
      details(20, completed),
    ],
    ["resource specs", SPECS_MS, async (r: Replica) => r.operation().resourceSpecs({ jobType: "TRAIN" }), []],
    ["engine specs", SPECS_MS, async (r: Replica) => r.operation().engineSpecs("TRAIN"), [engine]],
  ])("asks for %s again after %d ms, not before", async (_what, ttlMs, lookup, answer) => {
    const r = replica(lasting);
    await warm(r, () => lookup(r), answer);
    await r.clock.advance(ttlMs - 1);
    expect(await isCached(r, () => lookup(r))).toBe(true);
    await r.clock.advance(1);
    expect(await isCached(r, () => lookup(r))).toBe(false);
  });

  it("gives a list of versions with a terminal one no longer life than any list", async () => {
    const r = replica(lasting);
    await warm(r, () => r.operation().trainingJob(id(10)), job([version(20, completed)]));
    await r.clock.advance(ACTIVE_MS);
    expect(await isCached(r, () => r.operation().trainingJob(id(10)))).toBe(false);
  });

  it("never caches what has a TTL of 0", async () => {
    const r = replica({ config: { activeTtlMs: 0, specsTtlMs: 0, terminalTtlMs: 0 } });
    const lookups = () => [
      () => r.operation().trainingJob(id(10)),
      () => r.operation().trainingJobs(firstPage),
      async () => r.operation().engineSpecs("TRAIN"),
      () => r.operation().trainingJobVersion(id(10), id(20), "details"),
    ];
    const answers = [job([version(20)]), page(1), [engine], details(20, completed)];
    for (const [index, lookup] of lookups().entries()) {
      await warm(r, lookup, answers[index]);
      expect(await isCached(r, lookup)).toBe(false);
    }
  });

  it("counts the time from the upstream's answer, however long it took", async () => {
    const r = replica(lasting);
    const found = r.operation().trainingJob(id(10));
    await settle();
    await r.clock.advance(10_000);
    await r.upstream.last.answer(job([]));
    await found;
    await r.clock.advance(ACTIVE_MS - 1);
    expect(await isCached(r, () => r.operation().trainingJob(id(10)))).toBe(true);
  });
});

describe("What is cached", () => {
  it("never caches a failure", async () => {
    const r = replica();
    const failing = expect(r.operation().trainingJob(id(10))).rejects.toMatchObject({
      code: "UPSTREAM_TIMEOUT",
    });
    await settle();
    await r.upstream.last.fail(new GatewayError("UPSTREAM_TIMEOUT", "no answer in time"));
    await failing;
    const found = r.operation().trainingJob(id(10));
    await settle();
    await r.upstream.last.answer(job([version(20)]));
    expect((await found)?.versions).toHaveLength(1);
    expect(r.upstream.calls).toHaveLength(2);
  });

  it("answers null for a job and for a version that the upstream does not know, and asks again next time", async () => {
    const r = replica();
    const missing = new GatewayError("NOT_FOUND", "no such thing");
    for (const lookup of [
      () => r.operation().trainingJob(id(10)),
      () => r.operation().trainingJobVersion(id(10), id(20), "details"),
    ]) {
      for (let time = 0; time < 2; time += 1) {
        const found = lookup();
        await settle();
        await r.upstream.last.fail(missing);
        expect(await found).toBeNull();
      }
    }
    expect(r.upstream.calls).toHaveLength(4);
  });

  it("reports NOT_FOUND for lists that every project has", async () => {
    const r = replica();
    for (const lookup of [
      () => r.operation().trainingJobs(firstPage),
      async () => r.operation().engineSpecs("TRAIN"),
      async () => r.operation().resourceSpecs({ jobType: "TRAIN" }),
    ]) {
      const failing = expect(lookup()).rejects.toMatchObject({ code: "NOT_FOUND" });
      await settle();
      await r.upstream.last.fail(new GatewayError("NOT_FOUND", "no such project"));
      await failing;
    }
  });

  it("forgets a cached version once the upstream does not know it any more", async () => {
    const r = replica({ proofTtlMs: 1_000 });
    const lookup = () => r.operation().trainingJobVersion(id(10), id(20), "details");
    await warm(r, lookup, details(20, completed));
    await r.clock.advance(1_000);
    const gone = lookup();
    await settle();
    await r.upstream.last.fail(new GatewayError("NOT_FOUND", "deleted"));
    expect(await gone).toBeNull();
    r.proofs.record(caller(), { jobId: id(10) });
    expect(await isCached(r, lookup)).toBe(false);
  });

  it("keeps answers to different questions apart", async () => {
    const r = replica();
    const questions = [
      () => r.operation().trainingJobs(firstPage),
      () => r.operation().trainingJobs({ ...firstPage, page: 2 }),
      () => r.operation().trainingJobs({ ...firstPage, searchContent: "a" }),
      () => r.operation().trainingJobs({ ...firstPage, workspaceId: "a" }),
      () => r.operation().trainingJobs({ ...firstPage, statusCode: 8 }),
      () => r.operation().trainingJobs({ ...firstPage, order: "DESC" }),
      () => r.operation().trainingJobs({ ...firstPage, sortBy: "STATUS" }),
      () => r.operation().trainingJobs({ ...firstPage, perPage: 11 }),
    ];
    for (const [index, lookup] of questions.entries()) await warm(r, lookup, page(index));
    expect(r.upstream.calls).toHaveLength(questions.length);
    for (const [index, lookup] of questions.entries()) expect(await lookup()).toEqual(page(index));
    expect(r.upstream.calls).toHaveLength(questions.length);
  });

  it("asks for specs of another job type, engine or project type by themselves", async () => {
    const r = replica();
    const queries = [
      { jobType: "TRAIN" },
      { jobType: "INFERENCE" },
      { jobType: "TRAIN", engineId: id(1) },
      { jobType: "TRAIN", projectType: 0 },
    ] as const;
    for (const query of queries) await warm(r, async () => r.operation().resourceSpecs(query), []);
    expect(r.upstream.calls).toHaveLength(4);
    await r.operation().resourceSpecs({ jobType: "TRAIN", engineId: id(1) });
    expect(r.upstream.calls).toHaveLength(4);
  });

  it("stays within its bound in bytes, and lets the least recently used go", async () => {
    const r = replica({ lookups: { maxBytes: 20_000 } });
    const load = (n: number) =>
      warm(r, () => r.operation().trainingJob(id(n)), job([version(20, { jobId: id(n) })], { jobId: id(n) }));
    for (let n = 1; n <= 20; n += 1) {
      await load(n);
      await r.operation().trainingJob(id(1));
    }
    const before = r.upstream.calls.length;
    expect(before).toBe(20);
    await r.operation().trainingJob(id(1));
    expect(r.upstream.calls).toHaveLength(before);
  });
});
