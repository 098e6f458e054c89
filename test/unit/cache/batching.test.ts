import { describe, expect, it } from "vitest";
import type { TrainingJobVersion } from "../../../src/domain/index.js";
import { GatewayError } from "../../../src/errors.js";
import { FakeClock } from "../../support/fake-clock.js";
import { createMemoryStore, MemoryState } from "../../support/memory-store.js";
import { completed, details, firstPage, id, job, page, running, version } from "./data.js";
import { replica } from "./replica.js";
import { settle } from "./scripted-upstream.js";

const statusOf = (found: TrainingJobVersion | null) => found?.status;

/** A replica on a shared store, whose calls are noted. */
function watchedReplica() {
  const clock = new FakeClock();
  const state = new MemoryState();
  const store = createMemoryStore({ clock, state });
  const calls: string[] = [];
  for (const name of ["read", "peek", "write", "release", "recordProof", "readProof"] as const) {
    const method = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(store, {
      [name](...args: unknown[]) {
        calls.push(name);
        return method(...args);
      },
    });
  }
  return { calls, other: createMemoryStore({ clock, state }), ...replica({ clock, store }) };
}

describe("The shared store", () => {
  it("is called twice for a version that no cache has: what is there with the right to load, the answer with the proof", async () => {
    const { operation, upstream, calls } = watchedReplica();
    const found = operation().trainingJobVersion(id(10), id(1), "summary");
    await settle();
    await upstream.last.answer(details(1, completed));
    expect((await found)?.versionId).toBe("1");
    await settle();
    expect(calls).toEqual(["read", "write"]);
  });

  it("is called once for a version of a list that another replica has cached, and not again", async () => {
    const { operation, calls, other, clock } = watchedReplica();
    const first = replica({ clock, store: other });
    const loading = first.operation().trainingJob(id(10));
    await settle();
    await first.upstream.last.answer(job([version(1), version(2)]));
    await loading;
    expect((await operation().trainingJobVersion(id(10), id(1), "summary"))?.versionId).toBe("1");
    expect((await operation().trainingJobVersion(id(10), id(2), "summary"))?.versionId).toBe("2");
    expect(calls).toEqual(["read"]);
  });

  it("is called once for versions that another replica has cached, however many", async () => {
    const { operation, calls, other, clock } = watchedReplica();
    const first = replica({ clock, store: other });
    const wanted = [1, 2, 3].map(id);
    const loading = Promise.all(
      wanted.map((v) => first.operation().trainingJobVersion(id(10), v, "details")),
    );
    await settle();
    for (const call of first.upstream.calls) await call.answer(details(Number(call.args[1]), completed));
    await loading;
    const lookups = operation();
    const found = await Promise.all(wanted.map((v) => lookups.trainingJobVersion(id(10), v, "summary")));
    expect(found.map((v) => v?.versionId)).toEqual(wanted);
    expect(calls).toEqual(["peek"]);
  });
});

describe("Several versions of one job in one operation", () => {
  it("go through one list call when the list holds every field asked for", async () => {
    const { operation, upstream } = replica();
    const lookups = operation();
    const wanted = Array.from({ length: 50 }, (_, n) => id(n + 1));
    const found = Promise.all(wanted.map((v) => lookups.trainingJobVersion(id(10), v, "list")));
    await settle();
    expect(upstream.calls.map((call) => call.method)).toEqual(["listVersions"]);
    await upstream.last.answer(job(wanted.map((v) => version(Number(v)))));
    expect((await found).map((v) => v?.versionId)).toEqual(wanted);
  });

  it("are matched by their ids, whatever the order of the list", async () => {
    const { operation, upstream } = replica();
    const lookups = operation();
    const found = Promise.all([1, 2, 3].map((v) => lookups.trainingJobVersion(id(10), id(v), "summary")));
    await settle();
    await upstream.last.answer(job([version(3), version(9), version(1)]));
    expect((await found).map((v) => v?.versionId ?? null)).toEqual(["1", null, "3"]);
    expect(upstream.calls).toHaveLength(1);
  });

  it("are asked for one by one, at the same time, where only the details hold what is asked for", async () => {
    const { operation, upstream } = replica();
    const lookups = operation();
    const found = Promise.all([1, 2, 3].map((v) => lookups.trainingJobVersion(id(10), id(v), "details")));
    await settle();
    expect(upstream.calls.map((call) => call.method)).toEqual(["getVersion", "getVersion", "getVersion"]);
    for (const call of upstream.calls) await call.answer(details(Number(call.args[1])));
    expect((await found).map((v) => v?.versionId)).toEqual(["1", "2", "3"]);
  });

  it("cost one call per job where they belong to several", async () => {
    const { operation, upstream } = replica();
    const lookups = operation();
    const found = Promise.all(
      [10, 10, 11, 11].map((jobId, n) => lookups.trainingJobVersion(id(jobId), id(n), "list")),
    );
    await settle();
    expect(upstream.of("listVersions").map((call) => call.args[0])).toEqual(["10", "11"]);
    await upstream.calls[0]?.answer(job([version(0), version(1)]));
    await upstream.calls[1]?.answer(job([version(2, { jobId: id(11) }), version(3, { jobId: id(11) })]));
    expect((await found).map((v) => v?.jobId)).toEqual(["10", "10", "11", "11"]);
  });

  it("are not asked for when a cache has them", async () => {
    const { operation, upstream } = replica();
    const first = operation().trainingJobVersion(id(10), id(1), "details");
    await settle();
    await upstream.last.answer(details(1, completed));
    await first;
    const lookups = operation();
    const found = Promise.all([1, 2].map((v) => lookups.trainingJobVersion(id(10), id(v), "list")));
    await settle();
    expect(upstream.calls.map((call) => call.method)).toEqual(["getVersion", "getVersion"]);
    expect(upstream.last.args).toEqual(["10", "2"]);
    await upstream.last.answer(details(2));
    expect((await found).map((v) => v?.versionId)).toEqual(["1", "2"]);
  });

  it("are answered one by one: a slow one holds up no other", async () => {
    const { operation, upstream } = replica();
    const lookups = operation();
    const quick = lookups.trainingJobVersion(id(10), id(1), "details");
    const slow = lookups.trainingJobVersion(id(10), id(2), "details");
    await settle();
    await upstream.calls[0]?.answer(details(1));
    expect((await quick)?.versionId).toBe("1");
    await upstream.calls[1]?.answer(details(2));
    expect((await slow)?.versionId).toBe("2");
  });

  it("fail one by one", async () => {
    const { operation, upstream } = replica();
    const lookups = operation();
    const good = lookups.trainingJobVersion(id(10), id(1), "details");
    const bad = expect(lookups.trainingJobVersion(id(10), id(2), "details")).rejects.toThrow("no answer");
    await settle();
    await upstream.calls[1]?.fail(new GatewayError("UPSTREAM_TIMEOUT", "no answer"));
    await upstream.calls[0]?.answer(details(1));
    await bad;
    expect((await good)?.versionId).toBe("1");
  });

  it("are null where the upstream does not know the job", async () => {
    const { operation, upstream } = replica();
    const lookups = operation();
    const found = Promise.all([1, 2].map((v) => lookups.trainingJobVersion(id(10), id(v), "list")));
    await settle();
    await upstream.last.fail(new GatewayError("NOT_FOUND", "no such job"));
    expect(await found).toEqual([null, null]);
    expect(upstream.calls).toHaveLength(1);
  });

  it("are asked for by themselves where the list is not complete and does not hold them", async () => {
    const { operation, upstream } = replica();
    const lookups = operation();
    const found = Promise.all([1, 2].map((v) => lookups.trainingJobVersion(id(10), id(v), "list")));
    await settle();
    await upstream.last.answer(job([version(1)], { complete: false, versionCount: 2 }));
    expect(upstream.last).toMatchObject({ method: "getVersion", args: ["10", "2"] });
    await upstream.last.answer(details(2));
    expect((await found).map((v) => v?.versionId)).toEqual(["1", "2"]);
  });
});

describe("Several versions of a job whose cached list is not complete", () => {
  it("are given up with the operation, while the shared store has yet to answer for one of them", async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock, state: new MemoryState() });
    const read = store.read.bind(store);
    let answerForLast = () => {};
    store.read = async (request) => {
      if (request.key.name.endsWith("version:2"))
        await new Promise<void>((resolve) => {
          answerForLast = resolve;
        });
      return read(request);
    };
    const { operation, upstream } = replica({ clock, store });
    const first = operation().trainingJob(id(10));
    await settle();
    await upstream.last.answer(job([version(9)], { complete: false, versionCount: 3 }));
    await first;
    const gone = new AbortController();
    const lookups = operation(undefined, gone.signal);
    const found = [1, 2].map((v) => lookups.trainingJobVersion(id(10), id(v), "list"));
    const ends = Promise.allSettled(found);
    await settle();
    gone.abort(new Error("the client has gone"));
    await settle();
    answerForLast();
    // A failure that nobody hears of would end the process.
    const reason = expect.objectContaining({ message: "the client has gone" });
    expect(await ends).toEqual([1, 2].map(() => ({ status: "rejected", reason })));
  });
});

describe("One version alone", () => {
  it.each(["list", "details"] as const)(
    "is asked for once where an invalidation comes while it is asked for twice: %s",
    async (coverage) => {
      const r = replica();
      const lookups = r.operation();
      const first = lookups.trainingJobVersion(id(10), id(20), coverage);
      const invalidated = r.lookups.invalidateJob("project-1", id(10));
      const found = Promise.allSettled([first, lookups.trainingJobVersion(id(10), id(20), coverage)]);
      await settle();
      expect(r.upstream.calls.map((call) => call.method)).toEqual(["getVersion"]);
      await r.upstream.last.fail(new GatewayError("UPSTREAM_TIMEOUT", "No answer."));
      expect((await found).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      await invalidated;
    },
  );

  it("is asked for by itself", async () => {
    const { operation, upstream } = replica();
    const found = operation().trainingJobVersion(id(10), id(20), "list");
    await settle();
    expect(upstream.calls.map((call) => call.method)).toEqual(["getVersion"]);
    await upstream.last.answer(details(20));
    expect((await found)?.versionId).toBe("20");
  });

  it("is taken from the list where that is cached", async () => {
    const { operation, upstream } = replica();
    const list = operation().trainingJob(id(10));
    await settle();
    await upstream.last.answer(job([version(20)]));
    await list;
    expect((await operation().trainingJobVersion(id(10), id(20), "list"))?.versionId).toBe("20");
    expect(await operation().trainingJobVersion(id(10), id(21), "list")).toBeNull();
    expect(upstream.calls).toHaveLength(1);
  });

  it("waits for the list where somebody is getting it already", async () => {
    const { operation, upstream } = replica();
    const list = operation().trainingJob(id(10));
    await settle();
    const found = operation().trainingJobVersion(id(10), id(20), "list");
    await settle();
    expect(upstream.calls).toHaveLength(1);
    await upstream.last.answer(job([version(20)]));
    await list;
    expect((await found)?.versionId).toBe("20");
  });

  it("is given at once where its details are cached, although somebody is getting the list", async () => {
    const { operation, upstream } = replica();
    const first = operation().trainingJobVersion(id(10), id(20), "details");
    await settle();
    await upstream.last.answer(details(20, completed));
    await first;
    void operation().trainingJob(id(10));
    await settle();
    expect(statusOf(await operation().trainingJobVersion(id(10), id(20), "list"))).toBe("COMPLETED");
    expect(upstream.calls.map((call) => call.method)).toEqual(["getVersion", "listVersions"]);
  });

  it("is asked for by itself where its details are needed, although the list is cached", async () => {
    const { operation, upstream } = replica();
    const list = operation().trainingJob(id(10));
    await settle();
    await upstream.last.answer(job([version(20)]));
    await list;
    const found = operation().trainingJobVersion(id(10), id(20), "details");
    await settle();
    await upstream.last.answer(details(20));
    expect((await found)?.specCode).toBe("modelarts.vm.gpu.p100");
  });

  it("is taken from the newer of the cached list and the cached details", async () => {
    const { operation, upstream, clock } = replica();
    const old = operation().trainingJobVersion(id(10), id(20), "details");
    await settle();
    await upstream.last.answer(details(20, completed));
    await old;
    await clock.advance(1);
    const list = operation().trainingJob(id(10));
    await settle();
    await upstream.last.answer(job([version(20, running)]));
    await list;
    expect(statusOf(await operation().trainingJobVersion(id(10), id(20), "list"))).toBe("RUNNING");
  });
});

describe("One operation", () => {
  it("looks up once what it asks for several times, also where nothing is cached", async () => {
    const { operation, upstream } = replica({ config: { activeTtlMs: 0, terminalTtlMs: 0, specsTtlMs: 0 } });
    const lookups = operation();
    const ask = () => [
      lookups.trainingJob(id(10)),
      lookups.trainingJobs({ ...firstPage }),
      lookups.engineSpecs("TRAIN"),
      lookups.resourceSpecs({ jobType: "TRAIN" }),
      lookups.trainingJobVersion(id(11), id(20), "details"),
    ];
    const first = Promise.all([...ask(), ...ask()]);
    await settle();
    const answers = [job([]), page(1), [], [], details(20)];
    for (const [index, call] of upstream.calls.entries()) await call.answer(answers[index]);
    await first;
    await Promise.all(ask());
    expect(upstream.calls).toHaveLength(5);
  });

  it("takes its versions from the list that it has got, also where nothing is cached", async () => {
    const { operation, upstream } = replica({ config: { activeTtlMs: 0, terminalTtlMs: 0 } });
    const lookups = operation();
    const list = lookups.trainingJob(id(10));
    const version20 = lookups.trainingJobVersion(id(10), id(20), "list");
    await settle();
    await upstream.last.answer(job([version(20), version(19)]));
    await list;
    expect((await version20)?.versionId).toBe("20");
    expect((await lookups.trainingJobVersion(id(10), id(19), "list"))?.versionId).toBe("19");
    expect(upstream.calls).toHaveLength(1);
  });

  it("takes a version from the details that it has got, also where nothing is cached", async () => {
    const { operation, upstream } = replica({ config: { activeTtlMs: 0, terminalTtlMs: 0 } });
    const lookups = operation();
    const first = lookups.trainingJobVersion(id(10), id(20), "details");
    await settle();
    await upstream.last.answer(details(20));
    await first;
    expect((await lookups.trainingJobVersion(id(10), id(20), "list"))?.versionId).toBe("20");
    expect(upstream.calls).toHaveLength(1);
  });

  it("sees one state, although the cached one changes meanwhile by its age", async () => {
    const { operation, upstream, clock } = replica();
    const lookups = operation();
    const first = lookups.trainingJob(id(10));
    await settle();
    await upstream.last.answer(job([version(20, running)]));
    await first;
    await clock.advance(60_000);
    const other = operation().trainingJob(id(10));
    await settle();
    await upstream.last.answer(job([version(20, completed)]));
    await other;
    expect((await lookups.trainingJob(id(10)))?.versions[0]?.status).toBe("RUNNING");
    expect(statusOf(await lookups.trainingJobVersion(id(10), id(20), "list"))).toBe("RUNNING");
  });
});

describe("A lookup that must be fresh", () => {
  it("is answered only by a call that began after the operation arrived", async () => {
    const { operation, upstream } = replica();
    const warm = operation().engineSpecs("TRAIN");
    await settle();
    await upstream.last.answer([]);
    await warm;
    const lookups = operation();
    const fresh = lookups.engineSpecs("TRAIN", { fresh: true });
    await settle();
    expect(upstream.calls).toHaveLength(2);
    await upstream.last.answer([]);
    await fresh;
  });

  it("accepts what another operation got meanwhile from a call that began after the arrival", async () => {
    const { operation, upstream } = replica();
    const early = operation();
    const other = operation().engineSpecs("TRAIN");
    await settle();
    await upstream.last.answer([]);
    await other;
    expect(await early.engineSpecs("TRAIN", { fresh: true })).toEqual([]);
    expect(upstream.calls).toHaveLength(1);
  });

  it("does not wait for a call that began before the operation arrived", async () => {
    const { operation, upstream } = replica();
    const before = operation().trainingJob(id(10));
    await settle();
    const fresh = operation().trainingJob(id(10), { fresh: true });
    await settle();
    expect(upstream.calls).toHaveLength(2);
    await upstream.calls[1]?.answer(job([version(20, completed)]));
    expect((await fresh)?.versions[0]?.status).toBe("COMPLETED");
    await upstream.calls[0]?.answer(job([version(20, running)]));
    expect((await before)?.versions[0]?.status).toBe("RUNNING");
    expect((await operation().trainingJob(id(10)))?.versions[0]?.status).toBe("COMPLETED");
  });

  it("shares one call with others that arrived before it began", async () => {
    const { operation, upstream } = replica();
    const [a, b] = [operation(), operation()];
    const both = Promise.all([a, b].map((lookups) => lookups.trainingJob(id(10), { fresh: true })));
    await settle();
    expect(upstream.calls).toHaveLength(1);
    await upstream.last.answer(job([]));
    await both;
  });

  it("gives the rest of its operation the same answer", async () => {
    const { operation, upstream } = replica();
    const lookups = operation();
    const old = lookups.trainingJob(id(10));
    await settle();
    await upstream.last.answer(job([version(20, running)]));
    await old;
    const later = operation();
    await later.trainingJob(id(10));
    const fresh = later.trainingJob(id(10), { fresh: true });
    await settle();
    await upstream.last.answer(job([version(20, completed)]));
    await fresh;
    expect((await later.trainingJob(id(10)))?.versions[0]?.status).toBe("COMPLETED");
    expect(upstream.calls).toHaveLength(2);
  });

  it("is never answered with an old answer when the upstream fails", async () => {
    const { operation, upstream } = replica();
    const warm = operation().trainingJob(id(10));
    await settle();
    await upstream.last.answer(job([]));
    await warm;
    const failing = expect(operation().trainingJob(id(10), { fresh: true })).rejects.toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
    });
    await settle();
    await upstream.last.fail(new GatewayError("UPSTREAM_UNAVAILABLE", "refused"));
    await failing;
  });
});
