import {
  isOfCredential,
  type LoadLock,
  type ObserveRequest,
  type PeekRequest,
  type ReadRequest,
  type SharedStore,
  type StoredEntry,
  type StoreKey,
  type StoreListener,
  type StorePeek,
  type StoreRead,
  type WriteRequest,
} from "../../src/cache/store.js";
import type { Clock } from "../../src/clock.js";

interface Generation {
  whole: number;
  /** When the whole group was invalidated; when it became known, where that is not known. */
  at: number;
  /** Absent until a part is invalidated by itself, as few ever are. */
  parts?: Map<string, number>;
}

interface Kept {
  entry: StoredEntry;
  generation: string;
  /** ms since the epoch */
  keptUntil: number;
}

/** What stores share that act as the replicas of one set. */
export class MemoryState {
  readonly entries = new Map<string, Kept>();
  readonly generations = new Map<string, Generation>();
  readonly proofs = new Map<string, number>();
  readonly locks = new Map<string, { token: string; until: number }>();
  readonly listeners = new Map<StoreListener, object>();
  #latest = 0;

  /** Never given before. */
  next(): number {
    this.#latest += 1;
    return this.#latest;
  }
}

export interface MemoryStoreOptions {
  clock: Clock;
  /** Its own unless told. */
  state?: MemoryState;
}

/** The store's contract in one process: what tests run the cache on where they need a clock of their own. */
export function createMemoryStore({ clock, state = new MemoryState() }: MemoryStoreOptions): SharedStore {
  return new MemoryStore(clock, state);
}

class MemoryStore implements SharedStore {
  constructor(
    private readonly clock: Clock,
    private readonly state: MemoryState,
  ) {}

  async read(request: ReadRequest): Promise<StoreRead> {
    const { key, credentialId, lock } = request;
    const generation = this.#generationText(key);
    const entry = this.#entryOf(key, generation);
    const proofAgeMs = this.#proofAge(key.group, credentialId, request.proofTtlMs);
    const permitted = request.proven || proofAgeMs !== undefined;
    const isFresh = (kept?: StoredEntry) => kept && this.clock.now() < kept.answeredAt + kept.ttlMs;
    const other =
      request.substitute && this.#entryOf(request.substitute, this.#generationText(request.substitute));
    const substitute = permitted && isFresh(other) ? other : undefined;
    const found = {
      generation,
      ...(entry && { entry }),
      ...(substitute && { substitute }),
      ...(proofAgeMs !== undefined && { proofAgeMs }),
    };
    if (lock === undefined || (permitted && isFresh(entry)) || substitute) return found;
    const name = permitted || isOfCredential(key, credentialId) ? idOf(key) : `${idOf(key)}@${credentialId}`;
    return { lock: this.#acquire(name, lock.token, lock.leaseMs), ...found };
  }

  async peek({ group, keys, credentialId, proofTtlMs }: PeekRequest): Promise<StorePeek> {
    const proofAgeMs = this.#proofAge(group, credentialId, proofTtlMs);
    const entries = keys.map((key) => this.#entryOf(key, this.#generationText(key)));
    return { entries, ...(proofAgeMs !== undefined && { proofAgeMs }) };
  }

  async write({ key, generation, entry, staleMs, lock, proof }: WriteRequest): Promise<boolean> {
    if (proof !== undefined) this.#recordProof(key.group, proof.credentialId);
    const current = this.#generationText(key) === generation;
    if (current) this.#keep(key, generation, entry, staleMs);
    if (lock !== undefined) this.#giveBack(lock);
    return current;
  }

  async release(group: string, lock: LoadLock | undefined, forget?: string): Promise<void> {
    if (forget !== undefined) this.state.entries.delete(`${group}|${forget}`);
    if (lock !== undefined) this.#giveBack(lock);
  }

  async extend(_group: string, { name, token }: LoadLock, leaseMs: number): Promise<void> {
    if (this.state.locks.get(name)?.token !== token) return;
    this.state.locks.set(name, { token, until: this.clock.now() + leaseMs });
  }

  async invalidate(group: string): Promise<void> {
    this.state.generations.set(group, { whole: this.state.next(), at: this.clock.now() });
    this.#tellOthers(group);
  }

  async observe({ key, entry, staleMs, quietSince, dropped }: ObserveRequest): Promise<void> {
    const generation = this.#generationOf(key.group);
    for (const part of dropped) {
      generation.parts ??= new Map();
      generation.parts.set(part, this.state.next());
    }
    if (generation.at < quietSince) this.#keep(key, this.#generationText(key), entry, staleMs);
    if (dropped.length > 0) this.#tellOthers(key.group, dropped);
  }

  async recordProof(group: string, credentialId: string): Promise<void> {
    this.#recordProof(group, credentialId);
  }

  async readProof(group: string, credentialId: string, ttlMs: number): Promise<number | undefined> {
    return this.#proofAge(group, credentialId, ttlMs);
  }

  async revokeProof(group: string, credentialId: string): Promise<void> {
    this.state.proofs.delete(`${group}|${credentialId}`);
  }

  listen(listener: StoreListener): () => void {
    this.state.listeners.set(listener, this);
    return () => void this.state.listeners.delete(listener);
  }

  isTold(): boolean {
    return true;
  }

  async close(): Promise<void> {}

  #generationOf(group: string): Generation {
    const known = this.state.generations.get(group);
    if (known !== undefined) return known;
    const made = { whole: this.state.next(), at: this.clock.now() };
    this.state.generations.set(group, made);
    return made;
  }

  #generationText({ group, part }: StoreKey): string {
    const { whole, parts } = this.#generationOf(group);
    return `${whole}/${parts?.get(part) ?? ""}`;
  }

  #tellOthers(group: string, parts?: readonly string[]): void {
    for (const [listener, owner] of this.state.listeners) {
      if (owner !== this) listener.invalidated(group, parts);
    }
  }

  #recordProof(group: string, credentialId: string): void {
    this.state.proofs.set(`${group}|${credentialId}`, this.clock.now());
  }

  #proofAge(group: string, credentialId: string, ttlMs: number): number | undefined {
    const at = this.state.proofs.get(`${group}|${credentialId}`);
    const age = at === undefined ? Number.POSITIVE_INFINITY : this.clock.now() - at;
    return age < ttlMs ? age : undefined;
  }

  #entryOf(key: StoreKey, generation: string): StoredEntry | undefined {
    const kept = this.state.entries.get(idOf(key));
    return kept?.generation === generation && this.clock.now() < kept.keptUntil ? kept.entry : undefined;
  }

  /** The lock as it stands after this request for it. */
  #acquire(name: string, token: string, leaseMs: number): LoadLock {
    const held = this.state.locks.get(name);
    if (held !== undefined && this.clock.now() < held.until) return { name, token: held.token };
    this.state.locks.set(name, { token, until: this.clock.now() + leaseMs });
    return { name, token };
  }

  #giveBack({ name, token }: LoadLock): void {
    if (this.state.locks.get(name)?.token !== token) return;
    this.state.locks.delete(name);
    for (const listener of this.state.listeners.keys()) listener.released(name);
  }

  #keep(key: StoreKey, generation: string, entry: StoredEntry, staleMs: number): void {
    const keptUntil = entry.answeredAt + entry.ttlMs + staleMs;
    if (entry.ttlMs <= 0 || keptUntil <= this.clock.now()) return;
    const present = this.#entryOf(key, generation);
    if (present !== undefined && present.beganAt > entry.beganAt) return;
    this.state.entries.set(idOf(key), { entry, generation, keptUntil });
  }
}

function idOf(key: StoreKey): string {
  return `${key.group}|${key.name}`;
}
