import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewayError } from "../../../src/errors.js";
import type { Ingredients, RequestLookups } from "../../../src/ports.js";
import { FakeClock } from "../../support/fake-clock.js";
import { collectGarbage } from "../../support/heap.js";
import { createMemoryStore, MemoryState } from "../../support/memory-store.js";
import { until } from "../../support/until.js";
import { caller, completed, details, firstPage, id, job, page, running, version } from "./data.js";
import { ACTIVE_MS, PROOF_MS, type Replica, replica, TERMINAL_MS } from "./replica.js";
import { type ScriptedCall, ScriptedUpstream, settle } from "./scripted-upstream.js";

type Read = (lookups: RequestLookups) => Promise<unknown>;

const terminalVersion: Read = (lookups) => lookups.trainingJobVersion(id(10), id(20), "details");
const wholeJob: Read = (lookups) => lookups.trainingJob(id(10));
const firstJobs: Read = (lookups) => lookups.trainingJobs(firstPage);

function answerOf({ method, args }: Pick<ScriptedCall, "method" | "args">): unknown {
  if (method === "listJobs") return page(1);
  return method === "getVersion" ? details(Number(args[1]), completed) : job([version(20), version(21)]);
}

/** An upstream that always answers alike, at once. */
function ready(): Replica {
  const r = replica();
  r.upstream.answering = answerOf;
  return r;
}

/** One whose cache has what these read. */
async function having(...reads: Read[]): Promise<Replica> {
  const r = ready();
  for (const read of reads) await read(r.operation());
  return r;
}

/** What the second operation of these reads was made from. */
async function madeFrom(r: Replica, ...reads: Read[]): Promise<Ingredients> {
  for (const read of reads) await read(r.operation());
  const lookups = r.operation();
  for (const read of reads) await read(lookups);
  const ingredients = lookups.ingredients();
  if (ingredients === undefined) throw new Error("It was made from something that may not be given again.");
  expect(ingredients.hold()).toBe(true);
  return ingredients;
}

describe("What an operation was made from holds", () => {
  it.each([
    ["a terminal version's details", terminalVersion, PROOF_MS],
    ["a job with its versions", wholeJob, ACTIVE_MS],
    ["a page of jobs", firstJobs, ACTIVE_MS],
  ])("until the end of %s, or of the proof for it", async (_what, read, ms) => {
    const r = ready();
    const ingredients = await madeFrom(r, read);
    await r.clock.advance(ms - 1);
    expect(ingredients.hold()).toBe(true);
    await r.clock.advance(1);
    expect(ingredients.hold()).toBe(false);
  });

  it.each([
    ["first", [wholeJob, terminalVersion]],
    ["last", [terminalVersion, wholeJob]],
  ])("until the shortest-lived of its parts ends, though that was looked up %s", async (_when, reads) => {
    const r = ready();
    const ingredients = await madeFrom(r, ...reads);
    await r.clock.advance(ACTIVE_MS);
    expect(ingredients.hold()).toBe(false);
  });

  it("again after its proof was renewed", async () => {
    const r = ready();
    const ingredients = await madeFrom(r, terminalVersion);
    await r.clock.advance(PROOF_MS);
    expect(ingredients.hold()).toBe(false);
    r.proofs.record(caller(), { jobId: id(10) });
    expect(ingredients.hold()).toBe(true);
    await r.clock.advance(TERMINAL_MS - PROOF_MS);
    expect(ingredients.hold()).toBe(false);
  });

  it("past its end while somebody fetches it again, and not once that is there", async () => {
    const r = ready();
    const ingredients = await madeFrom(r, wholeJob);
    r.upstream.answering = undefined;
    await r.clock.advance(ACTIVE_MS);
    expect(ingredients.hold()).toBe(false);
    const newer = wholeJob(r.operation());
    await settle();
    expect(ingredients.hold()).toBe(true);
    await r.upstream.last.answer(job([version(20)]));
    await newer;
    expect(ingredients.hold()).toBe(false);
  });

  it("no longer than the grace past its end, whoever fetches it", async () => {
    const r = ready();
    const ingredients = await madeFrom(r, wholeJob);
    r.upstream.answering = undefined;
    await r.clock.advance(2 * ACTIVE_MS);
    wholeJob(r.operation()).catch(() => {});
    await settle();
    expect(ingredients.hold()).toBe(false);
  });
});

describe("What an operation was made from holds no more", () => {
  it("once the job is invalidated here", async () => {
    const r = ready();
    const ingredients = await madeFrom(r, terminalVersion);
    await r.lookups.invalidateJob("project-1", id(10));
    expect(ingredients.hold()).toBe(false);
  });

  it("once another replica says that the job is invalidated", async () => {
    const state = new MemoryState();
    const clock = new FakeClock();
    const [here, there] = [0, 1].map(() =>
      replica({ clock, store: createMemoryStore({ clock, state }), upstream: new ScriptedUpstream() }),
    ) as [Replica, Replica];
    here.upstream.answering = answerOf;
    const ingredients = await madeFrom(here, firstJobs, terminalVersion);
    await there.lookups.invalidateJob("project-1", id(10));
    await settle();
    expect(ingredients.hold()).toBe(false);
  });

  it("once a poll has seen something newer", async () => {
    const r = ready();
    const ingredients = await madeFrom(r, wholeJob);
    await r.clock.advance(1);
    await r.lookups.observeJob(caller(), job([version(20, running)]), [id(20)], r.clock.now());
    expect(ingredients.hold()).toBe(false);
  });

  it("once the credential's proof is revoked", async () => {
    const r = ready();
    const ingredients = await madeFrom(r, terminalVersion);
    r.proofs.revoke(caller(), { jobId: id(10) });
    expect(ingredients.hold()).toBe(false);
  });

  it("once a lookup has found that the upstream has it no more", async () => {
    const r = ready();
    const ingredients = await madeFrom(r, terminalVersion);
    r.upstream.answering = undefined;
    const gone = r.operation().trainingJobVersion(id(10), id(20), "details", { fresh: true });
    await settle();
    await r.upstream.last.fail(new GatewayError("NOT_FOUND", "There is no such version."));
    expect(await gone).toBeNull();
    expect(ingredients.hold()).toBe(false);
  });

  it("once the process has no room for it", async () => {
    const r = replica({ lookups: { maxBytes: 20_000 } });
    r.upstream.answering = answerOf;
    const ingredients = await madeFrom(r, terminalVersion);
    for (let other = 100; other < 120; other += 1) {
      await r.operation().trainingJobVersion(id(10), id(other), "details");
    }
    expect(ingredients.hold()).toBe(false);
  });

  it("once the channel came back that might have told of its invalidation", async () => {
    const clock = new FakeClock();
    const state = new MemoryState();
    const r = replica({ clock, store: createMemoryStore({ clock, state }) });
    r.upstream.answering = answerOf;
    const ingredients = await madeFrom(r, terminalVersion);
    for (const listener of state.listeners.keys()) listener.restored();
    expect(ingredients.hold()).toBe(false);
  });

  it("after CACHE_TTL_ACTIVE_MS while that channel is not known alive", async () => {
    const clock = new FakeClock();
    let isTold = true;
    const store = Object.assign(createMemoryStore({ clock }), { isTold: () => isTold });
    const r = replica({ clock, store });
    r.upstream.answering = answerOf;
    const ingredients = await madeFrom(r, terminalVersion);
    isTold = false;
    await clock.advance(ACTIVE_MS - 1);
    expect(ingredients.hold()).toBe(true);
    await clock.advance(1);
    expect(ingredients.hold()).toBe(false);
  });
});

describe("What an operation was made from", () => {
  it("is not kept in memory by it once the cache has let it go", async () => {
    const r = ready();
    let found: WeakRef<object> | undefined;
    const ingredients = await madeFrom(r, async (lookups) => {
      found = new WeakRef((await lookups.trainingJob(id(10))) as object);
    });
    await r.lookups.invalidateJob("project-1", id(10));
    // The scripted upstream remembers what it has answered.
    r.upstream.calls.length = 0;
    expect(ingredients.hold()).toBe(false);
    await until("it is collected", () => {
      collectGarbage();
      return found?.deref() === undefined;
    });
    expect(ingredients.hold()).toBe(false);
  });
});

describe("An operation's answer may not be given again", () => {
  const absent: Read = (lookups) => lookups.trainingJobVersion(id(10), id(20), "details");
  const fresh: Read = (lookups) => lookups.trainingJob(id(10), { fresh: true });

  it.each<[string, Read, (r: Replica) => void]>([
    ["when it looked nothing up", async () => {}, () => {}],
    ["when it needed a fresh answer", fresh, () => {}],
    [
      "when something was absent",
      absent,
      ({ upstream }) => {
        upstream.answering = () => Promise.reject(new GatewayError("NOT_FOUND", "There is no such version."));
      },
    ],
  ])("%s", async (_when, read, prepare) => {
    const r = ready();
    prepare(r);
    const lookups = r.operation();
    await read(lookups);
    expect(lookups.ingredients()).toBeUndefined();
  });

  it("when the upstream was asked for some of it", async () => {
    const r = await having(wholeJob);
    const lookups = r.operation();
    await wholeJob(lookups);
    expect(lookups.ingredients()).toBeDefined();
    await firstJobs(lookups);
    expect(lookups.ingredients()).toBeUndefined();
  });

  it("when what it was given is not cached", async () => {
    const r = replica({ config: { activeTtlMs: 0 } });
    r.upstream.answering = answerOf;
    const lookups = r.operation();
    await wholeJob(lookups);
    expect(lookups.ingredients()).toBeUndefined();
  });

  it("when an invalidation came while it was being made", async () => {
    const r = await having(wholeJob);
    const lookups = r.operation();
    await wholeJob(lookups);
    await r.lookups.invalidateJob("project-1", id(10));
    expect(lookups.ingredients()).toBeUndefined();
  });

  it.each([
    ["something", {}],
    ["a fresh answer", { fresh: true }],
  ])("when it went on without %s that could not be looked up", async (_what, freshness) => {
    const r = await having(wholeJob);
    const lookups = r.operation();
    await wholeJob(lookups);
    r.upstream.answering = () => Promise.reject(new GatewayError("UPSTREAM_UNAVAILABLE", "It is away."));
    await expect(lookups.engineSpecs("TRAIN", freshness)).rejects.toThrow("It is away.");
    expect(lookups.ingredients()).toBeUndefined();
  });

  it("when it was told of a version that was seen before", async () => {
    const r = await having(wholeJob);
    await r.operation().hasVersion(id(10), id(20));
    const lookups = r.operation();
    await wholeJob(lookups);
    expect(lookups.ingredients()).toBeDefined();
    await lookups.hasVersion(id(10), id(20));
    expect(lookups.ingredients()).toBeUndefined();
  });

  it("when it was given two states of the same thing", async () => {
    const r = await having(wholeJob);
    const lookups = r.operation();
    await wholeJob(lookups);
    await r.lookups.observeJob(caller(), job([version(20)]), [id(21)], r.clock.now());
    await wholeJob(lookups);
    expect(lookups.ingredients()).toBeUndefined();
  });
});

describe("At any time, what an operation was made from", () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("read"), which: fc.nat({ max: 2 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("invalidate") }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("observe") }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("revoke") }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("wait"), ms: fc.constantFrom(1, 700, ACTIVE_MS, PROOF_MS) }),
    },
  );
  const READS = [terminalVersion, wholeJob, firstJobs];

  it("holds only if looking it up again finds the same without asking the upstream", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        const r = ready();
        const made: { ingredients: Ingredients; read: Read; value: unknown }[] = [];
        for (const one of steps) {
          if (one.kind === "wait" && "ms" in one) await r.clock.advance(one.ms);
          if (one.kind === "invalidate") await r.lookups.invalidateJob("project-1", id(10));
          if (one.kind === "observe")
            await r.lookups.observeJob(caller(), job([version(20)]), [], r.clock.now());
          if (one.kind === "revoke") r.proofs.revoke(caller(), { jobId: id(10) });
          const read = "which" in one ? READS[one.which] : undefined;
          if (read) {
            const lookups = r.operation();
            const value = await read(lookups);
            const ingredients = lookups.ingredients();
            if (ingredients) made.push({ ingredients, read, value });
          }
          for (const { ingredients, read: again, value } of made) {
            if (!ingredients.hold()) continue;
            const calls = r.upstream.calls.length;
            expect(await again(r.operation())).toBe(value);
            expect(r.upstream.calls.length).toBe(calls);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
