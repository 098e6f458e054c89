import { describe, expect, it } from "vitest";
import { FakeClock } from "../../support/fake-clock.js";
import { createMemoryStore, MemoryState } from "../../support/memory-store.js";
import { caller, completed, details, firstPage, id, job, page, running, version } from "./data.js";
import { ACTIVE_MS, type Replica, replica } from "./replica.js";
import { ScriptedUpstream, settle } from "./scripted-upstream.js";

const PROJECT = caller().projectId;
const before = job([version(20, running)]);
const after = job([version(21, running), version(20, running)]);

function twoReplicas(): [Replica, Replica] {
  const clock = new FakeClock();
  const state = new MemoryState();
  const upstream = new ScriptedUpstream();
  const one = () => replica({ clock, upstream, store: createMemoryStore({ clock, state }) });
  return [one(), one()];
}

/** Looks something up and has the upstream answer it, if it is asked. */
async function answered<T>(r: Replica, found: Promise<T>, answer: unknown): Promise<T> {
  const calls = r.upstream.calls.length;
  await settle();
  if (r.upstream.calls.length > calls) await r.upstream.last.answer(answer);
  return found;
}

/** How many upstream calls the lookup costs. */
async function cost(r: Replica, lookup: () => Promise<unknown>, answer: unknown): Promise<number> {
  const calls = r.upstream.calls.length;
  await answered(r, lookup(), answer);
  return r.upstream.calls.length - calls;
}

describe("After a job was invalidated", () => {
  it("its list and the details of its versions are asked for anew", async () => {
    const r = replica();
    const list = () => r.operation().trainingJob(id(10));
    const one = () => r.operation().trainingJobVersion(id(10), id(20), "details");
    await answered(r, list(), before);
    await answered(r, one(), details(20, completed));
    await r.lookups.invalidateJob(PROJECT, id(10));
    expect(await cost(r, list, after)).toBe(1);
    expect(await cost(r, one, details(20))).toBe(1);
  });

  it("lists of jobs of its project are asked for anew", async () => {
    const r = replica();
    const list = () => r.operation().trainingJobs(firstPage);
    await answered(r, list(), page(1));
    await r.lookups.invalidateJob(PROJECT, id(10));
    expect(await cost(r, list, page(2))).toBe(1);
  });

  it("other jobs, specs, and lists of other projects stay cached", async () => {
    const r = replica();
    const stranger = caller("alice", "project-2");
    const kept: [() => Promise<unknown>, unknown][] = [
      [() => r.operation().trainingJob(id(11)), job([], { jobId: id(11) })],
      [async () => r.operation().engineSpecs("TRAIN"), []],
      [() => r.operation(stranger).trainingJobs(firstPage), page(1)],
      [() => r.operation(stranger).trainingJob(id(10)), job([])],
    ];
    for (const [lookup, answer] of kept) await answered(r, lookup(), answer);
    await r.lookups.invalidateJob(PROJECT, id(10));
    for (const [lookup, answer] of kept) expect(await cost(r, lookup, answer)).toBe(0);
  });

  it("a lookup that was in flight meanwhile is answered by a call that began afterwards", async () => {
    const r = replica();
    const found = r.operation().trainingJob(id(10));
    await settle();
    await r.lookups.invalidateJob(PROJECT, id(10));
    await settle();
    expect(r.upstream.calls).toHaveLength(2);
    await r.upstream.calls[0]?.answer(before);
    await r.upstream.calls[1]?.answer(after);
    expect(await found).toEqual(after);
  });

  it("an answer that was in flight meanwhile is not kept", async () => {
    const r = replica();
    const found = r.operation().trainingJob(id(10));
    await settle();
    const invalidated = r.lookups.invalidateJob(PROJECT, id(10));
    await r.upstream.calls[0]?.answer(before);
    await invalidated;
    await r.upstream.last.answer(after);
    await found;
    expect(await r.operation().trainingJob(id(10))).toEqual(after);
    expect(r.upstream.calls).toHaveLength(2);
  });

  it("lookups of an operation that had already got an answer ask anew", async () => {
    const r = replica();
    const lookups = r.operation();
    await answered(r, lookups.trainingJob(id(10)), before);
    await answered(r, lookups.trainingJobs(firstPage), page(1));
    expect((await lookups.trainingJobVersion(id(10), id(20), "list"))?.versionId).toBe("20");
    await r.lookups.invalidateJob(PROJECT, id(10));
    expect(await answered(r, lookups.trainingJob(id(10)), after)).toEqual(after);
    expect(await answered(r, lookups.trainingJobs(firstPage), page(2))).toEqual(page(2));
    const version20 = lookups.trainingJobVersion(id(10), id(20), "list");
    expect((await answered(r, version20, details(20)))?.versionId).toBe("20");
  });

  it("versions of a batch that were found before, while others were looked for, are looked for anew", async () => {
    const r = replica();
    await answered(r, r.operation().trainingJobVersion(id(10), id(20), "details"), details(20, running));
    const lookups = r.operation();
    const found = Promise.all([20, 21, 22].map((v) => lookups.trainingJobVersion(id(10), id(v), "list")));
    const invalidated = r.lookups.invalidateJob(PROJECT, id(10));
    await settle();
    await invalidated;
    const answers = { listVersions: job([20, 21, 22].map((v) => version(v, completed))) };
    for (const call of r.upstream.calls.slice(1)) {
      await call.answer(
        call.method === "getVersion" ? details(Number(call.args[1]), completed) : answers.listVersions,
      );
    }
    expect((await found).map((v) => v?.status)).toEqual(["COMPLETED", "COMPLETED", "COMPLETED"]);
  });

  it("the other replicas ask anew, those included that were loading", async () => {
    const [a, b] = twoReplicas();
    await answered(a, a.operation().trainingJob(id(10)), before);
    await b.operation().trainingJob(id(10));
    const loading = b.operation().trainingJobVersion(id(10), id(20), "details");
    await settle();
    await a.lookups.invalidateJob(PROJECT, id(10));
    await settle();
    expect(await answered(b, b.operation().trainingJob(id(10)), after)).toEqual(after);
    await b.upstream.of("getVersion").at(-1)?.answer(details(20, completed));
    expect((await loading)?.status).toBe("COMPLETED");
    expect(b.upstream.of("getVersion")).toHaveLength(2);
  });

  it("what was read from the shared store before it knew is not given any more", async () => {
    const [clock, state, upstream] = [new FakeClock(), new MemoryState(), new ScriptedUpstream()];
    const store = createMemoryStore({ clock, state });
    let goOn = () => {};
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { invalidate } = store;
    const slow = Object.assign(store, {
      invalidate: (group: string) => waiting.then(() => invalidate.call(store, group)),
    });
    const r = replica({ clock, upstream, store: slow });
    await answered(r, r.operation().trainingJob(id(10)), before);
    const invalidated = r.lookups.invalidateJob(PROJECT, id(10));
    expect(await r.operation().trainingJob(id(10))).toEqual(before);
    goOn();
    await invalidated;
    expect(await answered(r, r.operation().trainingJob(id(10)), after)).toEqual(after);
  });

  it("a refresh under way does not bring the old answer back", async () => {
    const r = replica();
    await answered(r, r.operation().trainingJob(id(10)), before);
    await r.clock.advance(ACTIVE_MS);
    const refresher = r.operation().trainingJob(id(10));
    await settle();
    await r.lookups.invalidateJob(PROJECT, id(10));
    const next = r.operation().trainingJob(id(10));
    await settle();
    await r.upstream.last.answer(after);
    expect(await refresher).toEqual(after);
    expect(await next).toEqual(after);
  });
});

describe("When a poll has seen a job", () => {
  const seen = job([version(20, completed)]);
  const observe = (r: Replica, changed: number[], beganAt = r.clock.now()) =>
    r.lookups.observeJob(caller(), seen, changed.map(id), beganAt);

  it("lookups are answered from what it saw, on all replicas", async () => {
    const [a, b] = twoReplicas();
    await answered(a, a.operation().trainingJob(id(10)), job([version(20, running)]));
    await b.operation().trainingJob(id(10));
    await a.clock.advance(1_000);
    await observe(a, [20]);
    expect(await a.operation().trainingJob(id(10))).toEqual(seen);
    expect(await b.operation().trainingJob(id(10))).toEqual(seen);
    expect(a.upstream.calls).toHaveLength(1);
  });

  it("details of the versions that changed are asked for anew, those of the others are not", async () => {
    const r = replica();
    const one = (v: number) => r.operation().trainingJobVersion(id(10), id(v), "details");
    await answered(r, one(20), details(20, running));
    await answered(r, one(19), details(19, completed));
    await observe(r, [20]);
    expect(await cost(r, () => one(20), details(20, completed))).toBe(1);
    expect(await cost(r, () => one(19), details(19, completed))).toBe(0);
  });

  it("lists of jobs are asked for anew when something has changed, else they are not", async () => {
    const r = replica();
    const list = () => r.operation().trainingJobs(firstPage);
    await answered(r, list(), page(1));
    await observe(r, []);
    expect(await cost(r, list, page(1))).toBe(0);
    await observe(r, [20]);
    expect(await cost(r, list, page(2))).toBe(1);
  });

  it("a list that was in flight meanwhile is not given any more when something has changed", async () => {
    const r = replica();
    const found = r.operation().trainingJob(id(10));
    await settle();
    await observe(r, [20]);
    await r.upstream.last.answer(job([version(20, running)]));
    expect(await found).toEqual(seen);
  });

  it("its list lives as long as any list", async () => {
    const r = replica();
    await r.clock.advance(1_000);
    await observe(r, [], r.clock.now() - 500);
    await r.clock.advance(ACTIVE_MS - 1);
    expect(await cost(r, () => r.operation().trainingJob(id(10)), seen)).toBe(0);
    await r.clock.advance(1);
    expect(await cost(r, () => r.operation().trainingJob(id(10)), seen)).toBe(1);
  });

  it("the poll proves its caller's access", async () => {
    const r = replica();
    await observe(r, []);
    expect(await r.proofs.holds(caller(), { jobId: id(10) })).toBe(true);
  });

  it("its list is not kept when the job was invalidated after the poll began", async () => {
    const r = replica();
    await r.clock.advance(1_000);
    const beganAt = r.clock.now();
    await r.clock.advance(10);
    await r.lookups.invalidateJob(PROJECT, id(10));
    await observe(r, [20], beganAt);
    expect(await cost(r, () => r.operation().trainingJob(id(10)), after)).toBe(1);
  });

  it("its list is not kept when another replica invalidated the job after the poll began", async () => {
    const [a, b] = twoReplicas();
    await a.clock.advance(1_000);
    const beganAt = a.clock.now();
    await a.clock.advance(10);
    await b.lookups.invalidateJob(PROJECT, id(10));
    await observe(a, [20], beganAt);
    expect(await cost(b, () => b.operation().trainingJob(id(10)), after)).toBe(1);
    expect(await cost(a, () => a.operation().trainingJob(id(10)), after)).toBe(0);
  });

  it("without the instant it began at, the list is kept unless the job was invalidated within a poll's time", async () => {
    const r = replica({ lookups: { upstreamBudgetMs: 15_000 } });
    await r.lookups.invalidateJob(PROJECT, id(10));
    await r.clock.advance(15_000);
    await r.lookups.observeJob(caller(), seen, [id(20)]);
    expect(await cost(r, () => r.operation().trainingJob(id(10)), after)).toBe(1);
    await r.clock.advance(1);
    await r.lookups.observeJob(caller(), seen, [id(20)]);
    expect(await r.operation().trainingJob(id(10))).toEqual(seen);
  });

  it("without the instant it began at, the list takes the place of what was cached before", async () => {
    const r = replica();
    await answered(r, r.operation().trainingJob(id(10)), before);
    await r.clock.advance(1_000);
    await r.lookups.observeJob(caller(), seen, []);
    expect(await r.operation().trainingJob(id(10))).toEqual(seen);
  });

  it("the answer of a call that began after the poll is not replaced by what it saw", async () => {
    const r = replica();
    const beganAt = r.clock.now();
    await r.clock.advance(10);
    await answered(r, r.operation().trainingJob(id(10)), after);
    await observe(r, [], beganAt);
    expect(await r.operation().trainingJob(id(10))).toEqual(after);
  });
});
