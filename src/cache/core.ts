import type { Clock } from "../clock.js";
import type { CacheConfig } from "../config/index.js";
import type { Caller } from "../domain/index.js";
import type { Logger } from "../observability/logger.js";
import { type Entry, entryFromStore, type Freshness, freshnessOf } from "./entry.js";
import type { CacheEvents, StoreOperation } from "./events.js";
import { Fences } from "./fences.js";
import { FlightBoard } from "./flights.js";
import { ProcessTier } from "./process-tier.js";
import type { CacheProofs, Named } from "./proofs.js";
import type { Findable, Resource } from "./resources.js";
import type { ReadRequest, SharedStore, StoredEntry, StoreRead } from "./store.js";
import { Wakeups } from "./wakeups.js";

export interface CoreOptions {
  proofs: CacheProofs;
  store: SharedStore | undefined;
  config: CacheConfig;
  clock: Clock;
  random: () => number;
  log: Logger;
  events: CacheEvents;
  maxBytes: number;
  upstreamBudgetMs: number;
}

/** One replica's caching state, and the questions that every step of a lookup asks of it. */
export class Core {
  readonly fences: Fences;
  readonly tier: ProcessTier;
  readonly board = new FlightBoard();
  readonly wakeups: Wakeups;
  readonly #background = new Set<Promise<void>>();

  constructor(readonly options: CoreOptions) {
    this.fences = new Fences(options.clock.now);
    this.tier = new ProcessTier(this.fences, options.maxBytes);
    this.wakeups = new Wakeups(options.clock);
  }

  /** Milliseconds past its end within which an answer may be given while a newer one is fetched. */
  get graceMs(): number {
    return this.options.config.activeTtlMs;
  }

  /** Grows whenever something that could be given is dropped or replaced, or a proof is revoked. */
  get revision(): number {
    return this.fences.raised + this.tier.removed + this.options.proofs.revoked;
  }

  /** Until when the upstream's answers to this caller prove that he may have the entry (ms since the epoch). */
  mayHaveUntil(caller: Named, resource: Findable, entry: Entry<unknown>): number {
    const { proofs } = this.options;
    // A job list is its own credential's alone: the answer itself is the proof.
    if (resource.subject === null) return entry.answeredAt + proofs.ttlMs;
    return proofs.heldUntil(caller, resource.subject);
  }

  /** True when the upstream has answered this caller, recently enough, about what the entry is about. */
  mayHave(caller: Named, resource: Findable, entry: Entry<unknown>): boolean {
    return this.options.clock.now() < this.mayHaveUntil(caller, resource, entry);
  }

  /** How an entry of this process may be given to this caller at once; undefined when it may not. */
  mayGive(caller: Named, resource: Findable, entry: Entry<unknown>): "fresh" | "stale" | undefined {
    if (!this.mayHave(caller, resource, entry)) return undefined;
    const standing = this.standingHere(entry);
    if (standing === "fresh") return standing;
    // Past its end only while somebody fetches a newer one.
    return standing === "stale" && this.board.of(resource).length > 0 ? standing : undefined;
  }

  /** How an entry of this process stands, which other replicas may have invalidated unheard while the channel is not known alive. */
  standingHere(entry: Entry<unknown>): Freshness {
    const { store, clock, config } = this.options;
    if (store?.isTold() !== false) return freshnessOf(entry, clock.now(), this.graceMs);
    return clock.now() - entry.answeredAt < Math.min(entry.ttlMs, config.activeTtlMs) ? "fresh" : "over";
  }

  /** Reads an entry and the caller's proof from the shared store; undefined where there is none, or when it does not answer. */
  async read(
    resource: Resource<unknown>,
    caller: Caller,
    { lock, substitute }: Pick<ReadRequest, "lock" | "substitute"> = {},
  ): Promise<StoreRead | undefined> {
    const { proofs, store, events } = this.options;
    if (store === undefined) return undefined;
    const { subject } = resource;
    const proven = subject === null || proofs.holdsHere(caller, subject);
    const { credentialId } = caller;
    try {
      const read = await store.read({
        key: resource,
        credentialId,
        proven,
        proofTtlMs: proofs.ttlMs,
        ...(lock && { lock }),
        ...(substitute && { substitute }),
      });
      if (read.proofAgeMs !== undefined && subject !== null) proofs.learn(caller, subject, read.proofAgeMs);
      return read;
    } catch {
      events.storeFailed("read");
      return undefined;
    }
  }

  /** Reads entries of one group and the caller's proof from the shared store; none when it does not answer. */
  async peek(
    resources: readonly Resource<unknown>[],
    caller: Caller,
  ): Promise<readonly (StoredEntry | undefined)[]> {
    const { proofs, store, events } = this.options;
    const [first] = resources;
    if (store === undefined || first === undefined) return [];
    const { group, subject } = first;
    const { credentialId } = caller;
    try {
      const { entries, proofAgeMs } = await store.peek({
        group,
        keys: resources,
        credentialId,
        proofTtlMs: proofs.ttlMs,
      });
      if (proofAgeMs !== undefined && subject !== null) proofs.learn(caller, subject, proofAgeMs);
      return entries;
    } catch {
      events.storeFailed("read");
      return [];
    }
  }

  /**
   * Keeps here what the shared store has. Returns it where it is fresh and the caller may have it.
   *
   * @param sequence taken before the store was asked
   */
  takeOver(
    resource: Resource<unknown>,
    stored: StoredEntry,
    sequence: number,
    caller: Named,
  ): Entry<unknown> | undefined {
    const entry = entryFromStore<unknown>(stored, sequence);
    if (entry === undefined) return undefined;
    this.tier.put(resource, entry, stored.json.length);
    if (!this.mayHave(caller, resource, entry)) return undefined;
    return freshnessOf(entry, this.options.clock.now(), 0) === "fresh" ? entry : undefined;
  }

  /** Nothing of the group, or of these parts, that was fetched until now is given from now on. */
  drop(group: string, parts?: readonly string[]): void {
    this.fences.raise(group, parts);
    this.board.invalidate(group, parts);
  }

  /** Lets something go on that nobody waits for; a failure is counted. */
  background(operation: StoreOperation, work: Promise<unknown>): void {
    const tracked = work.then(
      () => {},
      () => this.options.events.storeFailed(operation),
    );
    this.#background.add(tracked);
    void tracked.finally(() => this.#background.delete(tracked));
  }

  /** Resolves when nothing is under way in the background. */
  async settled(): Promise<void> {
    await Promise.all(this.#background);
  }
}
