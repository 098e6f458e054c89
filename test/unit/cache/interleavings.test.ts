import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobGroup, jobListsGroup } from "../../../src/cache/groups.js";
import { type SharedStore } from "../../../src/cache/index.js";
import type { Caller, Coverage } from "../../../src/domain/index.js";
import type { RequestLookups } from "../../../src/ports.js";
import { FakeClock } from "../../support/fake-clock.js";
import { createMemoryStore, MemoryState } from "../../support/memory-store.js";
import { caller, completed, details, firstPage, id, job, page, running, version } from "./data.js";
import { type Replica, replica } from "./replica.js";
import { type ScriptedCall, ScriptedUpstream, settle } from "./scripted-upstream.js";

const JOB = id(10);
const JOB_GROUP = jobGroup(caller().projectId, JOB);
const LISTS = jobListsGroup(caller().projectId);
const RUNS = 1_000;
const PROOF_MS = 3_000;

type Read = (lookups: RequestLookups, fresh: boolean) => Promise<number>[];

/** Lookups whose answers tell which state of the upstream they show. */
const READS: Record<string, Read> = {
  list: (lookups, fresh) => [lookups.trainingJob(JOB, { fresh }).then((found) => Number(found?.jobDesc))],
  page: (lookups) => [lookups.trainingJobs(firstPage).then((found) => found.jobTotalCount)],
  details: (lookups, fresh) => [versionState(lookups, 1, "details", fresh)],
  lone: (lookups, fresh) => [versionState(lookups, 1, "list", fresh)],
  batch: (lookups, fresh) => [1, 2, 3].map((v) => versionState(lookups, v, "list", fresh)),
};

async function versionState(lookups: RequestLookups, v: number, coverage: Coverage, fresh: boolean) {
  return Number((await lookups.trainingJobVersion(JOB, id(v), coverage, { fresh }))?.jobDesc);
}

const someone = fc.constantFrom(caller("alice"), caller("bob"));
const somewhere = fc.nat({ max: 1 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("read"),
      what: fc.constantFrom(...Object.keys(READS)),
      where: somewhere,
      who: someone,
      fresh: fc.boolean(),
      again: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("answer"), which: fc.nat({ max: 5 }) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("let through"), gate: fc.nat({ max: 7 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("store"), slow: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drift"), drift: fc.constant(true) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("mutate"), where: somewhere }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("poll"), where: somewhere, who: someone }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("observe"), terminal: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wait"), ms: fc.constantFrom(1, 1_000, 2_000, PROOF_MS) }),
  },
);

/** Makes calls to a store and messages from it wait, before they are executed and before they are answered. */
class Gates {
  readonly #waiting: (() => void)[] = [];
  /** What the call that is being executed is about. */
  #telling = 0;

  #slow = false;

  pass(): Promise<void> {
    return this.#slow ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  /** A slow store lets go of calls one by one, and not in order; a quick one of all that wait. */
  setSlow(slow: boolean): void {
    this.#slow = slow;
    if (!slow) for (const go of this.#waiting.splice(0)) go();
  }

  letThrough(which: number): void {
    const [go] = this.#waiting.splice(which % Math.max(1, this.#waiting.length), 1);
    go?.();
  }

  /** @param told called when the replica hears of an invalidation, with the state that must be shown from then on */
  guard(store: SharedStore, state: () => number, told: (group: string, state: number) => void): SharedStore {
    const guarded =
      <A extends unknown[], R>(method: (...args: A) => Promise<R>, stateOf: (...args: A) => number = state) =>
      async (...args: A): Promise<R> => {
        const telling = stateOf(...args);
        await this.pass();
        this.#telling = telling;
        const result = await method.apply(store, args);
        await this.pass();
        return result;
      };
    return {
      read: guarded(store.read),
      peek: guarded(store.peek),
      write: guarded(store.write),
      release: guarded(store.release),
      extend: guarded(store.extend),
      invalidate: guarded(store.invalidate),
      observe: guarded(store.observe, ({ entry }) => Number(JSON.parse(entry.json).jobDesc)),
      recordProof: guarded(store.recordProof),
      readProof: guarded(store.readProof),
      revokeProof: guarded(store.revokeProof),
      isTold: () => true,
      close: async () => {},
      listen: (listener) =>
        store.listen({
          ...listener,
          invalidated: async (group, parts) => {
            const telling = this.#telling;
            await this.pass();
            listener.invalidated(group, parts);
            told(group, telling);
          },
        }),
    };
  }
}

interface ReadStep {
  what: string;
  where: number;
  who: Caller;
  fresh: boolean;
  again: boolean;
}

/** Two replicas, an upstream whose state is a number that grows, and what has to hold. */
class World {
  readonly clock = new FakeClock();
  readonly upstream = new ScriptedUpstream();
  readonly gates = new Gates();
  readonly replicas: [Replica, Replica];
  readonly wrong: string[] = [];
  readonly work: Promise<void>[] = [];
  /** The state of the upstream. */
  state = 0;
  /** Nothing older may be given any more, by replica and group. */
  readonly #floors = new Map<string, number>();
  readonly #operations = new Map<string, { lookups: RequestLookups; arrival: number }>();
  readonly #states = new Map<ScriptedCall, number>();
  readonly #open: ScriptedCall[] = [];
  #poll: { where: number; who: Caller; state: number; beganAt: number; isTelling: boolean } | undefined;

  constructor(scope: "credential" | "project", activeTtlMs: number) {
    const state = new MemoryState();
    const one = (where: number) => {
      const store = createMemoryStore({ clock: this.clock, state });
      return replica({
        clock: this.clock,
        upstream: this.upstream,
        store: this.gates.guard(
          store,
          () => this.state,
          (group, told) => this.#raise(where, group, told),
        ),
        config: { scope, activeTtlMs },
        proofTtlMs: PROOF_MS,
      });
    };
    this.replicas = [one(0), one(1)];
  }

  #at(where: number): Replica {
    return where === 0 ? this.replicas[0] : this.replicas[1];
  }

  /** Each call shows the upstream's state at its beginning, whenever it is answered. */
  note(): void {
    for (const call of this.upstream.calls.slice(this.#states.size)) {
      this.#states.set(call, this.state);
      this.#open.push(call);
    }
  }

  read({ what, where, who, fresh, again }: ReadStep): void {
    const name = `${where} ${who.credentialId}`;
    const known = again ? this.#operations.get(name) : undefined;
    const operation = known ?? { lookups: this.#at(where).operation(who), arrival: this.state };
    this.#operations.set(name, operation);
    const arrival = fresh && what !== "page" ? operation.arrival : 0;
    const group = what === "page" ? LISTS : JOB_GROUP;
    for (const read of READS[what]?.(operation.lookups, fresh) ?? []) {
      this.work.push(read.then((shown) => this.#check(shown, `${what} on ${where}`, where, group, arrival)));
    }
  }

  #check(shown: number, what: string, where: number, group: string, arrival: number): void {
    const least = Math.max(this.#floors.get(`${where} ${group}`) ?? 0, arrival);
    if (shown < least) this.wrong.push(`${what} shows ${shown}, older than ${least}`);
  }

  #raise(where: number, group: string, state: number): void {
    const name = `${where} ${group}`;
    this.#floors.set(name, Math.max(this.#floors.get(name) ?? 0, state));
  }

  async answer(which: number): Promise<void> {
    const [call] = this.#open.splice(which % Math.max(1, this.#open.length), 1);
    if (call === undefined || call.call.signal?.aborted) return;
    const state = this.#states.get(call) ?? 0;
    const jobDesc = String(state);
    const versions = [3, 2, 1].map((v) => version(v, { jobDesc }));
    if (call.method === "listJobs") await call.answer(page(state));
    else if (call.method === "listVersions") await call.answer(job(versions, { jobDesc }));
    else await call.answer(details(Number(call.args[1]), { jobDesc, ...(state % 2 ? completed : running) }));
  }

  mutate({ where }: { where: number }): void {
    this.state += 1;
    const { state } = this;
    const invalidated = this.#at(where).lookups.invalidateJob(caller().projectId, JOB);
    for (const group of [JOB_GROUP, LISTS]) {
      this.work.push(invalidated.then(() => this.#raise(where, group, state)));
    }
  }

  /** One polls at a time: who has the lease, until what he saw is told. */
  poll({ where, who }: { where: number; who: Caller }): void {
    this.#poll ??= { where, who, state: this.state, beganAt: this.clock.now(), isTelling: false };
  }

  observe(): void {
    const poll = this.#poll;
    if (poll === undefined || poll.isTelling) return;
    poll.isTelling = true;
    const { where, who, state, beganAt } = poll;
    const jobDesc = String(state);
    const versions = [3, 2, 1].map((v) => version(v, { jobDesc }));
    const { lookups } = this.#at(where);
    const observed = lookups.observeJob(who, job(versions, { jobDesc }), [1, 2, 3].map(id), beganAt);
    const told = () => {
      this.#poll = undefined;
      this.#raise(where, JOB_GROUP, state);
    };
    this.work.push(observed.then(told));
  }

  /** Answers what is open and lets the store go on until everything has ended. */
  async finish(): Promise<void> {
    let ended = 0;
    for (const one of this.work) void one.then(() => (ended += 1));
    this.gates.setSlow(false);
    for (let turn = 0; turn < 2_000; turn += 1) {
      await settle();
      if (ended === this.work.length) return;
      this.note();
      await this.answer(0);
      await this.clock.advance(50);
    }
    this.wrong.push("something never ended");
  }
}

describe("Whatever the order of reads, answers, mutations, polls and the passing of time", () => {
  it.each(["credential", "project"] as const)(
    "nothing older is shown after a mutation or a poll has been told, and fresh is fresh (scope %s)",
    async (scope) => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(0, 2_000),
          fc.array(step, { minLength: 10, maxLength: 60, size: "max" }),
          async (ttlMs, steps) => {
            const world = new World(scope, ttlMs);
            for (const one of steps) {
              if ("what" in one) world.read(one);
              else if ("which" in one) await world.answer(one.which);
              else if ("gate" in one) world.gates.letThrough(one.gate);
              else if ("slow" in one) world.gates.setSlow(one.slow);
              else if ("drift" in one) world.state += 1;
              else if ("ms" in one) await world.clock.advance(one.ms);
              else if ("terminal" in one) world.observe();
              else if ("who" in one) world.poll(one);
              else world.mutate(one);
              await settle();
              world.note();
            }
            await world.finish();
            expect(world.wrong).toEqual([]);
          },
        ),
        { seed: 20260101, numRuns: RUNS / 2 },
      );
    },
    120_000,
  );
});
