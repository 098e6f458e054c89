import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { FakeClock } from "../../support/fake-clock.js";
import { createMemoryStore, MemoryState } from "../../support/memory-store.js";
import { caller, completed, details, id, job, running, version } from "./data.js";
import { ACTIVE_MS, PROOF_MS, type Replica, replica } from "./replica.js";
import { ScriptedUpstream, settle } from "./scripted-upstream.js";

/** Two replicas that share a store, a clock and an upstream. */
function twoReplicas(options: Parameters<typeof replica>[0] = {}): [Replica, Replica] {
  const clock = new FakeClock();
  const state = new MemoryState();
  const upstream = new ScriptedUpstream();
  const one = () => replica({ ...options, clock, upstream, store: createMemoryStore({ clock, state }) });
  return [one(), one()];
}

async function warm({ operation, upstream }: Replica, answer = job([version(20)])): Promise<void> {
  const found = operation().trainingJob(id(10));
  await settle();
  await upstream.last.answer(answer);
  await found;
}

const statusIn = async (found: ReturnType<ReturnType<Replica["operation"]>["trainingJob"]>) =>
  (await found)?.versions[0]?.status;

describe("The same lookup in flight in one process", () => {
  it("is one upstream call for a thousand callers", async () => {
    const { operation, upstream } = replica();
    const all = Promise.all(Array.from({ length: 1_000 }, () => operation().trainingJob(id(10))));
    await settle();
    expect(upstream.calls).toHaveLength(1);
    await upstream.last.answer(job([version(20)]));
    expect(new Set((await all).map((found) => found?.jobId))).toEqual(new Set(["10"]));
    expect(upstream.calls).toHaveLength(1);
  });

  it("is not waited for by others after a defect has ended it before its call", async () => {
    let isSound = false;
    const proofRenewed = () => {
      if (!isSound) throw new TypeError("a defect");
    };
    const r = replica({ events: { proofRenewed }, config: { activeTtlMs: 2 * PROOF_MS } });
    await warm(r);
    await r.clock.advance(PROOF_MS);
    await expect(r.operation().trainingJob(id(10))).rejects.toThrow("a defect");
    isSound = true;
    const found = r.operation().trainingJob(id(10));
    await settle();
    await r.upstream.last.answer(job([version(20)]));
    expect(await statusIn(found)).toBeDefined();
  });

  it("fails for all who wait when the call fails, and is asked for anew afterwards", async () => {
    const { operation, upstream } = replica();
    const all = Promise.allSettled([1, 2].map(() => operation().trainingJob(id(10))));
    await settle();
    await upstream.last.fail(new GatewayError("UPSTREAM_REJECTED", "no"));
    expect((await all).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    void operation().trainingJob(id(10));
    await settle();
    expect(upstream.calls).toHaveLength(2);
  });

  it("goes on when one of its callers leaves, whose own promise alone rejects", async () => {
    const { operation, upstream } = replica();
    const leaving = new AbortController();
    const left = expect(operation(caller(), leaving.signal).trainingJob(id(10))).rejects.toThrow(
      "client has gone",
    );
    const staying = operation(caller(), new AbortController().signal).trainingJob(id(10));
    await settle();
    leaving.abort(new Error("client has gone"));
    await left;
    expect(upstream.last.call.signal?.aborted).toBe(false);
    await upstream.last.answer(job([version(20)]));
    expect((await staying)?.versions).toHaveLength(1);
  });

  it("is cancelled upstream when the last of its callers has gone", async () => {
    const { operation, upstream } = replica();
    const callers = [new AbortController(), new AbortController()];
    const all = Promise.allSettled(
      callers.map(({ signal }) => operation(caller(), signal).trainingJob(id(10))),
    );
    await settle();
    callers[0]?.abort();
    await settle();
    expect(upstream.last.call.signal?.aborted).toBe(false);
    callers[1]?.abort();
    await all;
    expect(upstream.last.call.signal?.aborted).toBe(true);
  });

  it("is asked for anew by one who comes after it was cancelled", async () => {
    const { operation, upstream } = replica();
    const leaving = new AbortController();
    const left = operation(caller(), leaving.signal)
      .trainingJob(id(10))
      .catch(() => "left");
    await settle();
    leaving.abort();
    const next = operation().trainingJob(id(10));
    await settle();
    expect(await left).toBe("left");
    expect(upstream.calls).toHaveLength(2);
    await upstream.last.answer(job([]));
    expect(await next).not.toBeNull();
  });

  it("does not begin for one who has gone before", async () => {
    const { operation, upstream } = replica();
    const gone = operation(caller(), AbortSignal.abort(new Error("gone before"))).trainingJob(id(10));
    await expect(gone).rejects.toThrow("gone before");
    expect(upstream.calls).toHaveLength(0);
  });

  it("is sent upstream as a lookup, with the caller and the request id of who began it", async () => {
    const { operation, upstream } = replica();
    void operation().trainingJob(id(10));
    await settle();
    expect(upstream.last.call).toMatchObject({
      caller: caller(),
      requestId: "request-1",
      priority: "lookup",
    });
  });
});

describe("The same lookup on two replicas", () => {
  it("is one upstream call for a thousand callers", async () => {
    const [a, b] = twoReplicas();
    const all = Promise.all(
      Array.from({ length: 1_000 }, (_, n) => (n % 2 ? a : b).operation().trainingJob(id(10))),
    );
    await settle();
    await a.upstream.last.answer(job([version(20)]));
    await settle();
    expect((await all).every((found) => found?.jobId === "10")).toBe(true);
    expect(a.upstream.calls).toHaveLength(1);
  });

  it("is loaded by the other one when the first fails", async () => {
    const [a, b] = twoReplicas();
    const failing = a
      .operation()
      .trainingJob(id(10))
      .catch((error: GatewayError) => error.code);
    await settle();
    const waiting = b.operation().trainingJob(id(10));
    await settle();
    expect(a.upstream.calls).toHaveLength(1);
    await a.upstream.last.fail(new GatewayError("UPSTREAM_TIMEOUT", "no answer"));
    expect(await failing).toBe("UPSTREAM_TIMEOUT");
    expect(a.upstream.calls).toHaveLength(2);
    await a.upstream.last.answer(job([]));
    expect(await waiting).not.toBeNull();
  });

  it("is loaded by the other one when the callers of the first have gone", async () => {
    const [a, b] = twoReplicas();
    const leaving = new AbortController();
    const left = a
      .operation(caller(), leaving.signal)
      .trainingJob(id(10))
      .catch(() => "left");
    await settle();
    const waiting = b.operation().trainingJob(id(10));
    await settle();
    leaving.abort();
    await settle();
    expect(await left).toBe("left");
    await a.upstream.last.answer(job([]));
    expect(await waiting).not.toBeNull();
    expect(a.upstream.calls).toHaveLength(2);
  });

  it("is loaded by the other one when the first has died, after a lease at most", async () => {
    const clock = new FakeClock();
    const store = createMemoryStore({ clock });
    const { group, part } = { group: "project-1/10", part: "list" };
    const key = { group, part, name: `${caller().credentialId}:versions` };
    const dead = { token: "of-a-dead-replica", leaseMs: 2_000 };
    await store.read({
      key,
      credentialId: caller().credentialId,
      proven: false,
      proofTtlMs: 1,
      lock: dead,
    });
    const r = replica({ clock, store });
    const waiting = r.operation().trainingJob(id(10));
    await settle();
    await clock.advance(1_900);
    expect(r.upstream.calls).toHaveLength(0);
    await clock.advance(200);
    await settle();
    expect(r.upstream.calls).toHaveLength(1);
    await r.upstream.last.answer(job([]));
    expect(await waiting).not.toBeNull();
  });

  it("is waited for as long as the first is alive, however slow the upstream is", async () => {
    const [a, b] = twoReplicas();
    const first = a.operation().trainingJob(id(10));
    await settle();
    const waiting = b.operation().trainingJob(id(10));
    await settle();
    await a.clock.advance(14_000);
    expect(a.upstream.calls).toHaveLength(1);
    await a.upstream.last.answer(job([]));
    await a.clock.advance(200);
    expect(await waiting).toEqual(await first);
    expect(a.upstream.calls).toHaveLength(1);
  });

  it("is loaded by the other one when the first takes longer than an upstream call can", async () => {
    const [a, b] = twoReplicas({ lookups: { upstreamBudgetMs: 5_000 } });
    void a.operation().trainingJob(id(10));
    await settle();
    const waiting = b.operation().trainingJob(id(10));
    await settle();
    await a.clock.advance(5_200);
    expect(a.upstream.calls).toHaveLength(2);
    await a.upstream.last.answer(job([]));
    expect(await waiting).not.toBeNull();
  });

  it("is not waited for any more by a caller who has gone", async () => {
    const [a, b] = twoReplicas();
    void a.operation().trainingJob(id(10));
    await settle();
    const leaving = new AbortController();
    const left = b
      .operation(caller(), leaving.signal)
      .trainingJob(id(10))
      .catch(() => "left");
    await settle();
    leaving.abort();
    expect(await left).toBe("left");
    await a.clock.advance(10_000);
    expect(a.upstream.calls).toHaveLength(1);
  });

  it("is answered on one from what the other has loaded", async () => {
    const [a, b] = twoReplicas();
    await warm(a);
    expect((await b.operation().trainingJob(id(10)))?.versions).toHaveLength(1);
    expect(a.upstream.calls).toHaveLength(1);
  });

  it("costs no call where the other has the details, the list or both", async () => {
    const [a, b] = twoReplicas();
    const first = a.operation().trainingJobVersion(id(10), id(20), "details");
    await settle();
    await a.upstream.last.answer(details(20, completed));
    await first;
    expect((await b.operation().trainingJobVersion(id(10), id(20), "list"))?.specCode).not.toBeNull();
    await warm(a, job([version(21)]));
    expect((await b.operation().trainingJobVersion(id(10), id(21), "list"))?.versionId).toBe("21");
    expect(a.upstream.calls).toHaveLength(2);
  });
});

describe("A hot key that expires", () => {
  const old = job([version(20, running)]);
  const renewed = job([version(20, completed)]);

  it("is refreshed by one caller, who gets the new answer; the others get the old one meanwhile", async () => {
    const r = replica();
    await warm(r, old);
    await r.clock.advance(ACTIVE_MS);
    const refresher = r.operation().trainingJob(id(10));
    await settle();
    expect(await statusIn(r.operation().trainingJob(id(10)))).toBe("RUNNING");
    expect(await statusIn(r.operation().trainingJob(id(10)))).toBe("RUNNING");
    expect(r.upstream.calls).toHaveLength(2);
    await r.upstream.last.answer(renewed);
    expect(await statusIn(refresher)).toBe("COMPLETED");
    expect(await statusIn(r.operation().trainingJob(id(10)))).toBe("COMPLETED");
  });

  it("is refreshed by one caller of all replicas", async () => {
    const [a, b] = twoReplicas();
    await warm(a, old);
    await b.operation().trainingJob(id(10));
    await a.clock.advance(ACTIVE_MS);
    const refresher = a.operation().trainingJob(id(10));
    await settle();
    expect(await statusIn(b.operation().trainingJob(id(10)))).toBe("RUNNING");
    expect(a.upstream.calls).toHaveLength(2);
    await a.upstream.last.answer(renewed);
    expect(await statusIn(refresher)).toBe("COMPLETED");
    expect(await statusIn(b.operation().trainingJob(id(10)))).toBe("COMPLETED");
    expect(a.upstream.calls).toHaveLength(2);
  });

  it("gives the old answer for CACHE_TTL_ACTIVE_MS past its end at most", async () => {
    const r = replica();
    await warm(r, old);
    await r.clock.advance(2 * ACTIVE_MS - 1);
    void r.operation().trainingJob(id(10));
    await settle();
    expect(await statusIn(r.operation().trainingJob(id(10)))).toBe("RUNNING");
    await r.clock.advance(1);
    const waiting = r.operation().trainingJob(id(10));
    await settle();
    await r.upstream.last.answer(renewed);
    expect(await statusIn(waiting)).toBe("COMPLETED");
  });

  it("gives the refresher the old answer when the upstream fails, as long as others would get it", async () => {
    const r = replica();
    await warm(r, old);
    await r.clock.advance(ACTIVE_MS);
    const refresher = r.operation().trainingJob(id(10));
    await settle();
    await r.upstream.last.fail(new GatewayError("UPSTREAM_UNAVAILABLE", "refused"));
    expect(await statusIn(refresher)).toBe("RUNNING");
    await r.clock.advance(ACTIVE_MS);
    const late = expect(r.operation().trainingJob(id(10))).rejects.toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
    });
    await settle();
    await r.upstream.last.fail(new GatewayError("UPSTREAM_UNAVAILABLE", "refused"));
    await late;
  });

  it("is refreshed by the next caller when the refresher has gone", async () => {
    const r = replica();
    await warm(r, old);
    await r.clock.advance(ACTIVE_MS);
    const leaving = new AbortController();
    const left = r
      .operation(caller(), leaving.signal)
      .trainingJob(id(10))
      .catch(() => "left");
    await settle();
    leaving.abort();
    expect(await left).toBe("left");
    const next = r.operation().trainingJob(id(10));
    await settle();
    await r.upstream.last.answer(renewed);
    expect(await statusIn(next)).toBe("COMPLETED");
  });
});
