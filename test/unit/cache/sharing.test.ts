import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { FakeClock } from "../../support/fake-clock.js";
import { createMemoryStore, MemoryState } from "../../support/memory-store.js";
import { caller, completed, details, firstPage, id, job, page, version } from "./data.js";
import { PROOF_MS, type Replica, replica } from "./replica.js";
import { ScriptedUpstream, settle } from "./scripted-upstream.js";

const alice = caller("alice");
const bob = caller("bob");
const ofAlice = job([version(20)], { jobDesc: "as alice sees it" });
const ofBob = job([version(20)], { jobDesc: "as bob sees it" });
const unavailable = new GatewayError("UPSTREAM_UNAVAILABLE", "refused");
const forbidden = new GatewayError("FORBIDDEN", "not your job");

const byProject = (options: Parameters<typeof replica>[0] = {}) =>
  replica({ ...options, config: { scope: "project", ...options.config } });

/** Looks something up and has the upstream answer it, if it is asked. */
async function answered<T>(r: Replica, found: T | Promise<T>, answer: unknown): Promise<T> {
  const calls = r.upstream.calls.length;
  await settle();
  if (r.upstream.calls.length > calls) await r.upstream.last.answer(answer);
  return found;
}

describe("With CACHE_SCOPE=credential", () => {
  it("another credential asks the upstream itself and sees its own answer", async () => {
    const r = replica();
    await answered(r, r.operation(alice).trainingJob(id(10)), ofAlice);
    expect(await answered(r, r.operation(bob).trainingJob(id(10)), ofBob)).toEqual(ofBob);
    expect(await r.operation(alice).trainingJob(id(10))).toEqual(ofAlice);
    expect(await r.operation(bob).trainingJob(id(10))).toEqual(ofBob);
    expect(r.upstream.calls.map(({ call }) => call.caller.credentialId)).toEqual([
      alice.credentialId,
      bob.credentialId,
    ]);
  });

  it("another credential does not wait for a call that is not its own", async () => {
    const r = replica();
    const both = [alice, bob].map((who) => r.operation(who).trainingJob(id(10)));
    await settle();
    expect(r.upstream.calls).toHaveLength(2);
    await r.upstream.calls[1]?.answer(ofBob);
    await r.upstream.calls[0]?.answer(ofAlice);
    expect(await Promise.all(both)).toEqual([ofAlice, ofBob]);
  });

  it("the same credential in another project sees that project's data", async () => {
    const r = replica();
    await answered(r, r.operation(alice).trainingJob(id(10)), ofAlice);
    const elsewhere = r.operation(caller("alice", "project-2")).trainingJob(id(10));
    expect(await answered(r, elsewhere, ofBob)).toEqual(ofBob);
  });
});

describe("With CACHE_SCOPE=project", () => {
  it("one who has proven his access to the job gets what another has loaded", async () => {
    const r = byProject();
    await answered(r, r.operation(bob).trainingJobVersion(id(10), id(20), "details"), details(20));
    await answered(r, r.operation(alice).trainingJob(id(10)), ofAlice);
    expect(await r.operation(bob).trainingJob(id(10))).toEqual(ofAlice);
    expect(r.upstream.calls).toHaveLength(2);
  });

  it("one without a proof makes a call of his own, with his credential", async () => {
    const r = byProject();
    await answered(r, r.operation(alice).trainingJob(id(10)), ofAlice);
    const found = r.operation(bob).trainingJob(id(10));
    await settle();
    expect(r.upstream.last.call.caller).toEqual(bob);
    await r.upstream.last.answer(ofBob);
    expect(await found).toEqual(ofBob);
  });

  it("one without a proof who is refused gets the refusal, and nothing of what is cached", async () => {
    const r = byProject();
    await answered(r, r.operation(alice).trainingJob(id(10)), ofAlice);
    for (let time = 0; time < 2; time += 1) {
      const refused = expect(r.operation(bob).trainingJob(id(10))).rejects.toMatchObject({
        code: "FORBIDDEN",
      });
      await settle();
      await r.upstream.last.fail(forbidden);
      await refused;
    }
    expect(await r.operation(alice).trainingJob(id(10))).toEqual(ofAlice);
  });

  it("one without a proof does not wait for another's call, whose success would prove nothing for him", async () => {
    const r = byProject();
    const both = [alice, bob].map((who) => r.operation(who).trainingJob(id(10)));
    await settle();
    expect(r.upstream.calls.map(({ call }) => call.caller)).toEqual([alice, bob]);
    const refused = expect(both[1]).rejects.toMatchObject({ code: "FORBIDDEN" });
    await r.upstream.calls[0]?.answer(ofAlice);
    await r.upstream.calls[1]?.fail(forbidden);
    await refused;
    expect(await both[0]).toEqual(ofAlice);
  });

  it("one who has proven his access waits for another's call", async () => {
    const r = byProject();
    r.proofs.record(bob, { jobId: id(10) });
    const both = [alice, bob].map((who) => r.operation(who).trainingJob(id(10)));
    await settle();
    expect(r.upstream.calls).toHaveLength(1);
    await r.upstream.last.answer(ofAlice);
    expect(await Promise.all(both)).toEqual([ofAlice, ofAlice]);
  });

  it("one who waited for another's call asks himself when that credential is refused, or finds nothing", async () => {
    for (const failure of [forbidden, new GatewayError("NOT_FOUND", "no such job")]) {
      const r = byProject();
      r.proofs.record(bob, { jobId: id(10) });
      const first = r
        .operation(alice)
        .trainingJob(id(10))
        .catch(() => null);
      await settle();
      const second = r.operation(bob).trainingJob(id(10));
      await settle();
      await r.upstream.last.fail(failure);
      expect(await first).toBeNull();
      expect(r.upstream.last.call.caller).toEqual(bob);
      await r.upstream.last.answer(ofBob);
      expect(await second).toEqual(ofBob);
    }
  });

  it("a proof for one job proves nothing about another, and one for specs nothing about jobs", async () => {
    const r = byProject();
    await answered(r, r.operation(alice).trainingJob(id(10)), ofAlice);
    r.proofs.record(bob, { jobId: id(11) });
    r.proofs.record(bob, "project-specs");
    void r.operation(bob).trainingJob(id(10));
    await settle();
    expect(r.upstream.last.call.caller).toEqual(bob);
  });

  it("specs and engines are shared by those who have proven their access to the project's", async () => {
    const r = byProject();
    await answered(r, r.operation(alice).engineSpecs("TRAIN"), []);
    await answered(r, r.operation(bob).resourceSpecs({ jobType: "TRAIN" }), []);
    await r.operation(bob).engineSpecs("TRAIN");
    await r.operation(alice).resourceSpecs({ jobType: "TRAIN" });
    expect(r.upstream.calls).toHaveLength(2);
  });

  it("lists of jobs stay each credential's own, and prove nothing about a job", async () => {
    const r = byProject();
    await answered(r, r.operation(alice).trainingJobs(firstPage), page(1));
    expect(await answered(r, r.operation(bob).trainingJobs(firstPage), page(2))).toEqual(page(2));
    expect(await r.operation(alice).trainingJobs(firstPage)).toEqual(page(1));
    expect(await r.proofs.holds(alice, { jobId: id(10) })).toBe(false);
  });

  it.each([[[20]], [[20, 21, 22]]])(
    "one without a proof gets nothing of versions %j that another replica has loaded for someone else",
    async (versions) => {
      const clock = new FakeClock();
      const state = new MemoryState();
      const a = byProject({ clock, store: createMemoryStore({ clock, state }) });
      const b = byProject({ clock, store: createMemoryStore({ clock, state }) });
      const ofAll = job(
        [20, 21, 22].map((v) => version(v)),
        { jobDesc: "as alice sees it" },
      );
      await answered(a, a.operation(alice).trainingJob(id(10)), ofAll);
      await settle();
      const lookups = b.operation(bob);
      const found = Promise.all(versions.map((v) => lookups.trainingJobVersion(id(10), id(v), "summary")));
      await settle();
      expect(b.upstream.calls.map(({ call }) => call.caller.credentialId)).toEqual([bob.credentialId]);
      const refused = expect(found).rejects.toBe(forbidden);
      await b.upstream.last.fail(forbidden);
      await refused;
    },
  );

  it("nothing is shared between projects", async () => {
    const r = byProject();
    await answered(r, r.operation(alice).trainingJob(id(10)), ofAlice);
    const elsewhere = caller("alice", "project-2");
    expect(await answered(r, r.operation(elsewhere).trainingJob(id(10)), ofBob)).toEqual(ofBob);
  });

  it("a proof in one replica serves the other, and so does what it has loaded", async () => {
    const [clock, state, upstream] = [new FakeClock(), new MemoryState(), new ScriptedUpstream()];
    const one = () => byProject({ clock, upstream, store: createMemoryStore({ clock, state }) });
    const [a, b] = [one(), one()];
    await answered(a, a.operation(alice).trainingJob(id(10)), ofAlice);
    await answered(a, a.operation(bob).trainingJobVersion(id(10), id(20), "details"), details(20));
    expect(await b.operation(bob).trainingJob(id(10))).toEqual(ofAlice);
    expect(upstream.calls).toHaveLength(2);
  });
});

describe("A proof of access that has expired", () => {
  const terminal = details(20, completed);
  const lookup = (r: Replica, who = alice) => r.operation(who).trainingJobVersion(id(10), id(20), "details");

  /** A replica that holds fresh details of a terminal version, and whose proof has just expired. */
  async function withExpiredProof(): Promise<Replica> {
    const r = replica();
    await answered(r, lookup(r), terminal);
    await r.clock.advance(PROOF_MS);
    return r;
  }

  it("is renewed by a real call when something is about to be given, which refreshes the answer too", async () => {
    const r = await withExpiredProof();
    const found = lookup(r);
    await settle();
    expect(r.upstream.calls).toHaveLength(2);
    const renewed = details(20, { ...completed, jobDesc: "changed" });
    await r.upstream.last.answer(renewed);
    expect(await found).toEqual(renewed);
    expect(await lookup(r)).toEqual(renewed);
    expect(r.upstream.calls).toHaveLength(2);
  });

  it("is not renewed by a timer", async () => {
    const r = await withExpiredProof();
    await r.clock.advance(10 * PROOF_MS);
    expect(r.upstream.calls).toHaveLength(1);
  });

  it("still holds a moment before its end", async () => {
    const r = replica();
    await answered(r, lookup(r), terminal);
    await r.clock.advance(PROOF_MS - 1);
    expect(await lookup(r)).toEqual(terminal);
    expect(r.upstream.calls).toHaveLength(1);
  });

  it("is renewed by one call for all answers about the job that wait for it", async () => {
    const r = replica();
    const both = (lookups = r.operation()) =>
      Promise.all([20, 21].map((v) => lookups.trainingJobVersion(id(10), id(v), "details")));
    const first = both();
    await settle();
    for (const call of r.upstream.calls) await call.answer(details(Number(call.args[1]), completed));
    await first;
    await r.clock.advance(PROOF_MS);
    const again = both();
    await settle();
    expect(r.upstream.calls).toHaveLength(3);
    await r.upstream.last.answer(details(20, completed));
    expect((await again).map((v) => v?.versionId)).toEqual(["20", "21"]);
    expect(r.upstream.calls).toHaveLength(3);
  });

  it.each(["UNAUTHENTICATED", "FORBIDDEN"] as const)(
    "passes %s on to its caller, and leaves him without a proof",
    async (code) => {
      const r = await withExpiredProof();
      const refused = expect(lookup(r)).rejects.toMatchObject({ code });
      await settle();
      await r.upstream.last.fail(new GatewayError(code, "revoked"));
      await refused;
      expect(await r.proofs.holds(alice, { jobId: id(10) })).toBe(false);
    },
  );

  it.each(["UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT"] as const)(
    "answers UPSTREAM_UNAVAILABLE when the renewal ends with %s, although the answer is cached",
    async (code) => {
      const r = await withExpiredProof();
      const failing = expect(lookup(r)).rejects.toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
      await settle();
      await r.upstream.last.fail(new GatewayError(code, "no answer"));
      await failing;
    },
  );

  it("ends the sharing of a list of jobs as well", async () => {
    const r = replica({ config: { activeTtlMs: 10 * PROOF_MS } });
    await answered(r, r.operation().trainingJobs(firstPage), page(1));
    await r.clock.advance(PROOF_MS);
    expect(await answered(r, r.operation().trainingJobs(firstPage), page(2))).toEqual(page(2));
    const failing = expect(
      r.clock.advance(PROOF_MS).then(() => r.operation().trainingJobs(firstPage)),
    ).rejects.toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
    await settle();
    await settle();
    await r.upstream.last.fail(unavailable);
    await failing;
  });

  it("of a revoked token gives nothing from the cache any more once the upstream has refused it", async () => {
    const r = byProject();
    await answered(r, lookup(r), terminal);
    const list = expect(r.operation(alice).trainingJob(id(10))).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
    });
    await settle();
    await r.upstream.last.fail(new GatewayError("UNAUTHENTICATED", "token revoked"));
    await list;
    void lookup(r);
    await settle();
    expect(r.upstream.last.method).toBe("getVersion");
    expect(r.upstream.calls).toHaveLength(3);
  });
});
