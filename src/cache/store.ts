/**
 * Where a cached answer lives. The keys of one group share a Redis slot and are invalidated together, or part by part.
 */
export interface StoreKey {
  /** `<project>/<job>`, `<project>/jobs` or `<project>/specs`. */
  group: string;
  /** What within the group can be invalidated by itself. */
  part: string;
  /** Unique within the group; starts with who shares the answer and a colon, and says what it answers. */
  name: string;
}

/** True when no other credential shares the answer. */
export function isOfCredential(key: Pick<StoreKey, "name">, credentialId: string): boolean {
  return key.name.startsWith(`${credentialId}:`);
}

/** A cached answer. Instants are in milliseconds of the reader's own clock. */
export interface StoredEntry {
  /** The answer as JSON. */
  json: string;
  /** When the upstream call began. */
  beganAt: number;
  /** When the upstream's answer had come. */
  answeredAt: number;
  /** Fresh for this long after `answeredAt`. */
  ttlMs: number;
}

export interface ReadRequest {
  key: StoreKey;
  /** Whose proof of access to the group to look up. */
  credentialId: string;
  /** True when this process already knows that the credential has access. */
  proven: boolean;
  proofTtlMs: number;
  /** Asks for the right to load when there is no fresh answer that the credential may have. */
  lock?: { token: string; leaseMs: number };
  /** Another answer of the group that would do as well. */
  substitute?: StoreKey;
}

/** Who may load. `token` is the owner's; the request's own when the right was given. */
export interface LoadLock {
  name: string;
  token: string;
}

export interface StoreRead {
  /** Guards a later {@link SharedStore.write}: taken before the load began. */
  generation: string;
  /** Present when it is readable and was not invalidated; perhaps not fresh any more. */
  entry?: StoredEntry;
  /** The other answer that was asked for, where it is fresh and the credential may have it. */
  substitute?: StoredEntry;
  /** Milliseconds since the credential's latest proof, where one holds. */
  proofAgeMs?: number;
  /** Present when a lock was asked for and no fresh, permitted answer was found. */
  lock?: LoadLock;
}

/** Keys of one group. */
export interface PeekRequest {
  group: string;
  keys: readonly StoreKey[];
  /** Whose proof of access to the group to look up. */
  credentialId: string;
  proofTtlMs: number;
}

export interface StorePeek {
  /** In the order of the keys: each where it is readable and was not invalidated; perhaps not fresh any more. */
  entries: readonly (StoredEntry | undefined)[];
  /** Milliseconds since the credential's latest proof, where one holds. */
  proofAgeMs?: number;
}

export interface WriteRequest {
  key: StoreKey;
  generation: string;
  entry: StoredEntry;
  /** How long after its end the entry may still be given. */
  staleMs: number;
  /** Given back with the write. */
  lock?: LoadLock;
  /** Whose access to the group the answer proves, to be recorded with the write, also where the entry is not kept. */
  proof?: { credentialId: string; ttlMs: number };
}

/** What a poll saw of a job. */
export interface ObserveRequest {
  key: StoreKey;
  entry: StoredEntry;
  staleMs: number;
  /** The entry is not kept when the group was invalidated at this instant (ms since the epoch) or later: the poll may have begun before. */
  quietSince: number;
  /** Parts whose older answers are dropped, for everyone. */
  dropped: readonly string[];
}

/** Told of what replicas do. */
export interface StoreListener {
  /** Another replica has invalidated these parts of the group, or all of it. */
  invalidated(group: string, parts?: readonly string[]): void;
  /** The load that the lock stood for has ended, in whichever replica. */
  released(lockName: string): void;
  /** The channel is back: invalidations may have been missed. */
  restored(): void;
}

/**
 * The cache tier that replicas share; a gateway that is alone has none. Every method but `listen`, `isTold` and `close` can
 * reject at any time, soon, which means: go on without.
 */
export interface SharedStore {
  read(request: ReadRequest): Promise<StoreRead>;
  /** Reads several entries at once, and asks for no right to load. */
  peek(request: PeekRequest): Promise<StorePeek>;
  /** False when the group or part was invalidated after the generation was read: nothing was written then. */
  write(request: WriteRequest): Promise<boolean>;
  /** Gives the right to load back without an answer; `forget` names an entry that is known to be gone. */
  release(group: string, lock: LoadLock | undefined, forget?: string): Promise<void>;
  /** Keeps the right to load for another lease. */
  extend(group: string, lock: LoadLock, leaseMs: number): Promise<void>;
  /** Drops the whole group here and in the other replicas. When it rejects it is repeated later by itself, and reads of the group reject until then. */
  invalidate(group: string): Promise<void>;
  /** Puts what a poll saw in place of what is there, drops the named parts here and in the other replicas. */
  observe(request: ObserveRequest): Promise<void>;
  recordProof(group: string, credentialId: string, ttlMs: number): Promise<void>;
  /** Milliseconds since the latest proof; undefined when none holds. */
  readProof(group: string, credentialId: string, ttlMs: number): Promise<number | undefined>;
  /** Proofs until now are none any more, however late they come. */
  revokeProof(group: string, credentialId: string, ttlMs: number): Promise<void>;
  /** Returns how to stop listening. */
  listen(listener: StoreListener): () => void;
  /** True while the other replicas' invalidations are known to arrive. */
  isTold(): boolean;
  close(): Promise<void>;
}
