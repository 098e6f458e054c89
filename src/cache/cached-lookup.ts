import { hasCode } from "../errors.js";
import type { Asker } from "./asker.js";
import type { Core } from "./core.js";
import type { Entry } from "./entry.js";
import type { Flight, Outcome } from "./flights.js";
import { isProven, isUnderWay, mayJoin } from "./joining.js";
import { type Lookup, type Peeked, type PeekedAll, Substitute } from "./lookup.js";
import type { Resource } from "./resources.js";
import { createSearch, type Result } from "./search.js";

type Ended = Exclude<Outcome<unknown>, { kind: "elsewhere" | "obsolete" }>;

/** Looks through this process, the flights under way, the shared tier and the upstream, in this order. */
export class CachedLookup implements Lookup {
  readonly #search: (flight: Flight, asker: Asker) => Promise<Result>;

  constructor(private readonly core: Core) {
    this.#search = createSearch(core);
  }

  find<V>(resource: Resource<V>, asker: Asker, fresh: boolean): Promise<V | null> {
    // Where nothing else would do, nothing else is found.
    return this.#find(resource, asker, fresh) as Promise<V | null>;
  }

  findOr<V, S>(
    resource: Resource<V>,
    substitute: Resource<S>,
    asker: Asker,
  ): Promise<V | null | Substitute<S>> {
    return this.#find(resource, asker, false, substitute);
  }

  async #find<V, S>(
    resource: Resource<V>,
    asker: Asker,
    fresh: boolean,
    substitute?: Resource<S>,
  ): Promise<V | null | Substitute<S>> {
    let ownOnly = false;
    if (fresh) asker.trail.notRepeatable();
    for (;;) {
      asker.signal?.throwIfAborted();
      const found = this.#here(resource, asker, fresh);
      if (found !== undefined) {
        asker.trail.note(resource, found);
        return found.value;
      }
      const flight: Flight =
        this.#join(resource, asker, fresh, ownOnly, substitute !== undefined) ??
        this.#start(resource, asker, fresh, substitute);
      const outcome = await flight.join(asker.signal);
      if (outcome.kind === "obsolete" || !this.#isCurrent(flight)) continue;
      if (outcome.kind === "elsewhere") {
        // Who joined may want what the substitute does not have.
        const taken = substitute && this.#take(substitute, outcome.entry, asker);
        if (taken !== undefined) return taken;
        if (outcome.entry === undefined) substitute = undefined;
        continue;
      }
      if (!this.#isFor(asker, flight, outcome, fresh)) {
        ownOnly ||= flight.credentialId !== asker.caller.credentialId;
        continue;
      }
      if (outcome.kind === "failure") {
        // Whoever asked may go on without it.
        asker.trail.notRepeatable();
        throw outcome.error;
      }
      if (outcome.entry === undefined) asker.trail.notRepeatable();
      else asker.trail.note(resource, outcome.entry);
      // A flight of this resource answers with its type.
      return outcome.value as V | null;
    }
  }

  here<V>(resource: Resource<V>, asker: Asker): Peeked<V> {
    const entry = this.#here(resource, asker, false);
    if (entry !== undefined) asker.trail.note(resource, entry);
    return entry;
  }

  get isShared(): boolean {
    return this.core.options.store !== undefined;
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
    const sequence = this.core.fences.next();
    const stored = await this.core.peek(resources, asker.caller);
    const found = new Map<Resource<unknown>, Entry<unknown>>();
    for (const [index, resource] of resources.entries()) {
      const kept = stored[index];
      const entry = kept && this.core.takeOver(resource, kept, sequence, asker.caller);
      if (entry === undefined) continue;
      this.core.options.events.hit("shared", resource.kind);
      asker.trail.note(resource, entry);
      found.set(resource, entry);
    }
    return found;
  }

  isUnderWay(resource: Resource<unknown>, asker: Asker): boolean {
    return isUnderWay(this.core, resource, asker);
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

  /** @param orSubstitute only a flight that looks for the substitute as well, which may be there at once */
  #join(
    resource: Resource<unknown>,
    asker: Asker,
    fresh: boolean,
    ownOnly: boolean,
    orSubstitute: boolean,
  ): Flight | undefined {
    const flight = this.core.board.of(resource).find((each) => {
      const begins = each.fresh ? each.sequence : (each.loadSequence ?? 0);
      if (fresh && begins <= asker.arrived) return false;
      if (ownOnly && each.credentialId !== asker.caller.credentialId) return false;
      return (!orSubstitute || each.substitute !== undefined) && mayJoin(this.core, each, asker);
    });
    if (flight !== undefined) this.core.options.events.coalesced("process", resource.kind);
    return flight;
  }

  #start(
    resource: Resource<unknown>,
    asker: Asker,
    fresh: boolean,
    substitute: Resource<unknown> | undefined,
  ): Flight {
    const { board, fences, options } = this.core;
    const flight = board.start(resource, asker.caller.credentialId, fresh, fences.next(), substitute);
    options.events.miss(resource.kind);
    const fail = (error: unknown) => flight.end({ kind: "failure", error });
    try {
      void this.#search(flight, asker).then((result) => {
        if ("elsewhere" in result) flight.end({ kind: "elsewhere", entry: result.elsewhere });
        else flight.end({ kind: "answer", value: result.value, entry: result.entry });
      }, fail);
    } catch (error) {
      // A defect that is met before anything is awaited must not leave a flight that others wait for in vain.
      fail(error);
    }
    return flight;
  }

  /** @param entry undefined where it is not there yet */
  #take<S>(
    substitute: Resource<S>,
    entry: Entry<unknown> | undefined,
    asker: Asker,
  ): Substitute<S> | undefined {
    const { group, part } = substitute;
    if (entry === undefined) return this.isUnderWay(substitute, asker) ? new Substitute() : undefined;
    if (!this.core.fences.isCurrent(group, [part], entry.sequence)) return undefined;
    if (!this.core.mayHave(asker.caller, substitute, entry)) return undefined;
    asker.trail.note(substitute, entry);
    // A flight's substitute is of its type.
    return new Substitute(entry.value as S);
  }

  #isCurrent({ resource: { group, part }, sequence }: Flight): boolean {
    return this.core.fences.isCurrent(group, [part], sequence);
  }

  /** False when the outcome is not fresh enough, or is another credential's affair alone. */
  #isFor(asker: Asker, flight: Flight, outcome: Ended, fresh: boolean): boolean {
    if (outcome.kind === "answer" && fresh && outcome.entry !== undefined) return false;
    if (flight.credentialId === asker.caller.credentialId) return true;
    if (outcome.kind === "answer") return outcome.value !== null && isProven(this.core, flight, asker);
    return !hasCode(outcome.error, "UNAUTHENTICATED") && !hasCode(outcome.error, "FORBIDDEN");
  }
}
