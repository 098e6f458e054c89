import { hasCode } from "../errors.js";
import type { Asker } from "./asker.js";
import type { Core } from "./core.js";
import { type Entry, entryFromStore, freshnessOf } from "./entry.js";
import type { Flight, Outcome } from "./flights.js";
import type { Answer } from "./load.js";
import type { Resource } from "./resources.js";
import { createSearch } from "./search.js";

/** An answer of the caches, where there is one. */
export type Peeked<V> = Entry<V> | undefined;

/** What the caches have of several things, in their order. */
export type PeekedAll<R extends readonly Resource<unknown>[]> = {
  [I in keyof R]: R[I] extends Resource<infer V> ? Peeked<V> : never;
};

/** The one way that every lookup goes. */
export interface Lookup {
  /**
   * The answer, or null when the upstream has no such thing.
   *
   * @param fresh accept only an answer whose upstream call began after the operation arrived
   * @throws GatewayError as the upstream reads do; the signal's reason when the asker has gone
   */
  find<V>(resource: Resource<V>, asker: Asker, fresh: boolean): Promise<V | null>;
  /** What this process has that the caller may be given at once. */
  here<V>(resource: Resource<V>, asker: Asker): Peeked<V>;
  /**
   * What the caches have of these things, all of one group, that the caller may be given: what is here, and what is fresh in
   * the shared tier. The upstream is not asked.
   */
  peek<const R extends readonly Resource<unknown>[]>(
    resources: R,
    asker: Asker,
  ): PeekedAll<R> | Promise<PeekedAll<R>>;
  /** True where there is a shared tier, which has what other replicas got. */
  readonly isShared: boolean;
  /** True when {@link Lookup.find} would wait for a call that is under way. */
  isUnderWay(resource: Resource<unknown>, asker: Asker): boolean;
}

export class CachedLookup implements Lookup {
  readonly #search: (flight: Flight, asker: Asker) => Promise<Answer>;

  constructor(private readonly core: Core) {
    this.#search = createSearch(core);
  }

  async find<V>(resource: Resource<V>, asker: Asker, fresh: boolean): Promise<V | null> {
    let ownOnly = false;
    if (fresh) asker.trail.notRepeatable();
    for (;;) {
      asker.signal?.throwIfAborted();
      const found = this.#here(resource, asker, fresh);
      if (found !== undefined) {
        asker.trail.note(resource, found.value);
        return found.value;
      }
      const flight: Flight =
        this.#join(resource, asker, fresh, ownOnly) ?? this.#start(resource, asker, fresh);
      const outcome = await flight.join(asker.signal);
      if (outcome.kind === "obsolete" || !this.#isCurrent(flight)) continue;
      if (!this.#isFor(asker, flight, outcome, fresh)) {
        ownOnly ||= flight.credentialId !== asker.caller.credentialId;
        continue;
      }
      if (outcome.kind === "failure") {
        // Whoever asked may go on without it.
        asker.trail.notRepeatable();
        throw outcome.error;
      }
      if (outcome.kind === "answer" && outcome.loaded) asker.trail.notRepeatable();
      asker.trail.note(resource, outcome.value);
      // A flight of this resource answers with its type.
      return outcome.value as V | null;
    }
  }

  here<V>(resource: Resource<V>, asker: Asker): Peeked<V> {
    const entry = this.#here(resource, asker, false);
    if (entry !== undefined) asker.trail.note(resource, entry.value);
    return entry;
  }

  get isShared(): boolean {
    return this.core.options.store.isShared;
  }

  peek<const R extends readonly Resource<unknown>[]>(
    resources: R,
    asker: Asker,
  ): PeekedAll<R> | Promise<PeekedAll<R>> {
    const own = resources.map((each) => this.here(each, asker));
    const missing = resources.filter((_, index) => own[index] === undefined);
    // Entries of a resource are of its type.
    if (missing.length === 0 || !this.isShared) return own as PeekedAll<R>;
    return this.#shared(missing, asker).then(
      (shared) => resources.map((each, index) => own[index] ?? shared.get(each)) as PeekedAll<R>,
    );
  }

  /** What the shared tier has that is fresh and that the caller may have. */
  async #shared(
    resources: readonly Resource<unknown>[],
    asker: Asker,
  ): Promise<Map<Resource<unknown>, Entry<unknown>>> {
    const { clock, events } = this.core.options;
    const sequence = this.core.fences.next();
    const stored = await this.core.peek(resources, asker.caller);
    const found = new Map<Resource<unknown>, Entry<unknown>>();
    for (const [index, resource] of resources.entries()) {
      const kept = stored[index];
      const entry = kept && entryFromStore<unknown>(kept, sequence);
      if (kept === undefined || entry === undefined) continue;
      this.core.tier.put(resource, entry, kept.json.length);
      if (!this.core.mayHave(asker.caller, resource, entry)) continue;
      if (freshnessOf(entry, clock.now(), 0) !== "fresh") continue;
      events.hit("shared", resource.kind);
      asker.trail.note(resource, entry.value);
      found.set(resource, entry);
    }
    return found;
  }

  isUnderWay(resource: Resource<unknown>, asker: Asker): boolean {
    return this.core.board.of(resource).some((flight) => this.#mayJoin(flight, asker, false, false));
  }

  /** What this process has and may give at once. */
  #here<V>(resource: Resource<V>, asker: Asker, fresh: boolean): Entry<V> | undefined {
    const { tier, options } = this.core;
    const entry = tier.get(resource);
    if (entry === undefined || (fresh && entry.loadSequence <= asker.arrived)) return undefined;
    const standing = this.core.mayGive(asker.caller, resource, entry);
    if (standing === undefined || (fresh && standing === "stale")) return undefined;
    if (standing === "fresh") options.events.hit("process", resource.kind);
    else options.events.staleServed(resource.kind);
    return entry;
  }

  #join(resource: Resource<unknown>, asker: Asker, fresh: boolean, ownOnly: boolean): Flight | undefined {
    const flight = this.core.board.of(resource).find((each) => this.#mayJoin(each, asker, fresh, ownOnly));
    if (flight !== undefined) this.core.options.events.coalesced("process", resource.kind);
    return flight;
  }

  /** One without a proof waits only for a call with his own credential: no other call proves his access. */
  #mayJoin(flight: Flight, asker: Asker, fresh: boolean, ownOnly: boolean): boolean {
    const begins = flight.fresh ? flight.sequence : (flight.loadSequence ?? 0);
    if (fresh && begins <= asker.arrived) return false;
    if (flight.credentialId === asker.caller.credentialId) return true;
    return !ownOnly && this.#isProven(flight, asker);
  }

  #isProven({ resource: { subject } }: Flight, { caller }: Asker): boolean {
    return subject !== null && this.core.options.proofs.holdsHere(caller, subject);
  }

  #start(resource: Resource<unknown>, asker: Asker, fresh: boolean): Flight {
    const { board, fences, options } = this.core;
    const flight = board.start(resource, asker.caller.credentialId, fresh, fences.next());
    options.events.miss(resource.kind);
    const fail = (error: unknown) => flight.end({ kind: "failure", error });
    try {
      void this.#search(flight, asker).then(
        ({ value, loaded }) => flight.end({ kind: "answer", value, loaded }),
        fail,
      );
    } catch (error) {
      // A defect that is met before anything is awaited must not leave a flight that others wait for in vain.
      fail(error);
    }
    return flight;
  }

  #isCurrent({ resource: { group, part }, sequence }: Flight): boolean {
    return this.core.fences.isCurrent(group, [part], sequence);
  }

  /** False when the outcome is not fresh enough, or is another credential's affair alone. */
  #isFor(asker: Asker, flight: Flight, outcome: Outcome<unknown>, fresh: boolean): boolean {
    if (outcome.kind === "answer" && fresh && !outcome.loaded) return false;
    if (flight.credentialId === asker.caller.credentialId) return true;
    if (outcome.kind === "answer") return outcome.value !== null && this.#isProven(flight, asker);
    if (outcome.kind === "obsolete") return false;
    return !hasCode(outcome.error, "UNAUTHENTICATED") && !hasCode(outcome.error, "FORBIDDEN");
  }
}
