import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import { caller, details, id } from "./data.js";
import { PROOF_MS, type Replica, replica } from "./replica.js";
import { settle } from "./scripted-upstream.js";

const PROJECT = caller().projectId;

/** Asks whether the job has version 20; the upstream shows it, or does not know it. */
async function ask(
  r: Replica,
  {
    who = caller(),
    fresh = false,
    exists = true,
  }: { who?: ReturnType<typeof caller>; fresh?: boolean; exists?: boolean } = {},
): Promise<{ has: boolean; calls: number }> {
  const before = r.upstream.calls.length;
  const answer = r.operation(who).hasVersion(id(10), id(20), { fresh });
  await settle();
  const calls = r.upstream.calls.length - before;
  if (calls > 0 && exists) await r.upstream.last.answer(details(20));
  if (calls > 0 && !exists)
    await r.upstream.last.fail(new GatewayError("NOT_FOUND", "There is no such version."));
  return { has: await answer, calls };
}

describe("Whether a job has a version", () => {
  it("is asked of the upstream once", async () => {
    const r = replica();
    expect(await ask(r)).toEqual({ has: true, calls: 1 });
    expect(await ask(r)).toEqual({ has: true, calls: 0 });
  });

  it("stays known when the job is invalidated, since no mutation takes a version away", async () => {
    const r = replica();
    await ask(r);
    await r.lookups.invalidateJob(PROJECT, id(10));
    expect(await ask(r)).toEqual({ has: true, calls: 0 });
  });

  it("is known no longer than a proof of access holds", async () => {
    const r = replica();
    await ask(r);
    await r.lookups.invalidateJob(PROJECT, id(10));
    await r.clock.advance(PROOF_MS - 1);
    expect((await ask(r)).calls).toBe(0);
    await r.clock.advance(1);
    expect((await ask(r)).calls).toBe(1);
  });

  it("is no where the upstream shows it as another job's", async () => {
    const r = replica();
    const has = r.operation().hasVersion(id(10), id(20));
    await settle();
    await r.upstream.last.answer(details(20, { jobId: id(11) }));
    expect(await has).toBe(false);
  });

  it("is known to the credential alone that the upstream has shown it to", async () => {
    const r = replica();
    await ask(r);
    expect((await ask(r, { who: caller("bob") })).calls).toBe(1);
    expect((await ask(r, { who: caller("alice", "project-2") })).calls).toBe(1);
  });

  it("is asked anew where a fresh answer is wanted, which is the one that counts from then on", async () => {
    const r = replica();
    await ask(r);
    await r.lookups.invalidateJob(PROJECT, id(10));
    expect(await ask(r, { fresh: true, exists: false })).toEqual({ has: false, calls: 1 });
    expect((await ask(r, { exists: false })).has).toBe(false);
  });
});
