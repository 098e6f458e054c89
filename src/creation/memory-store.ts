import type { Clock } from "../clock.js";
import type { LongId } from "../domain/index.js";
import type { Intent } from "./intent.js";
import { isHeld, type KeyRecord } from "./record.js";
import {
  type Decide,
  type IdempotencyStore,
  type JobScope,
  type PostsUnderWay,
  RETENTION_MS,
  type VersionOwners,
} from "./store.js";
import { createWakeUps } from "./wake-ups.js";

export interface MemoryStoreOptions {
  clock: Clock;
  /** How many keys, and how many versions' owners, are remembered; the ones written longest ago are forgotten first. */
  maxEntries?: number;
}

/** About 100 MB at the very most. */
const MAX_ENTRIES = 100_000;

interface Entry<V> {
  value: V;
  expiresAt: number;
}

/** One entry in so many may be there beyond the bound: a Map takes the longer to find its first, the more were deleted before it. */
const ENTRIES_TO_ONE_TOO_MANY = 100;

/** Values in the order of their last writing, for RETENTION_MS each. */
class RetainedMap<V> {
  private readonly entries = new Map<string, Entry<V>>();
  private untrimmed = 0;

  constructor(
    private readonly clock: Clock,
    private readonly maxEntries: number,
    private readonly mustStay: (value: V) => boolean = () => false,
  ) {}

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    return entry && entry.expiresAt > this.clock.now() ? entry.value : undefined;
  }

  set(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, { value, expiresAt: this.clock.now() + RETENTION_MS });
    this.untrimmed += 1;
    if (this.untrimmed * ENTRIES_TO_ONE_TOO_MANY > this.maxEntries) this.trim();
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  private trim(): void {
    this.untrimmed = 0;
    const now = this.clock.now();
    for (const [key, { value, expiresAt }] of this.entries) {
      if (expiresAt > now && this.entries.size <= this.maxEntries) return;
      if (expiresAt <= now || !this.mustStay(value)) this.entries.delete(key);
    }
  }
}

function createOwners(clock: Clock, maxEntries: number): VersionOwners {
  const owners = new RetainedMap<string>(clock, maxEntries);
  const nameOf = ({ projectId, jobId }: JobScope, versionId: LongId) => `${projectId}/${jobId}/${versionId}`;
  return {
    async set(job, versionId, owner) {
      owners.set(nameOf(job, versionId), owner);
    },
    async take(job, versionId, owner) {
      const name = nameOf(job, versionId);
      const known = owners.get(name);
      if (known === undefined) owners.set(name, owner);
      return known === undefined || known === owner;
    },
    async of(job, versionIds) {
      const known = new Map<LongId, string>();
      for (const versionId of versionIds) {
        const owner = owners.get(nameOf(job, versionId));
        if (owner !== undefined) known.set(versionId, owner);
      }
      return known;
    },
  };
}

function createPosts(clock: Clock): PostsUnderWay {
  const begun = new Map<string, Map<string, number>>();
  return {
    async begin({ configFingerprint, keyId }: Intent) {
      const posts = begun.get(configFingerprint) ?? new Map<string, number>();
      begun.set(configFingerprint, posts.set(keyId, clock.now()));
    },
    async end({ configFingerprint, keyId }) {
      const posts = begun.get(configFingerprint);
      posts?.delete(keyId);
      if (posts?.size === 0) begun.delete(configFingerprint);
    },
    async othersThan({ configFingerprint, keyId }, withinMs) {
      const since = clock.now() - withinMs;
      return [...(begun.get(configFingerprint) ?? [])].some(([id, at]) => id !== keyId && at > since);
    },
  };
}

/** Keys and results in this process alone: for a gateway of one replica, and gone when it restarts. */
export function createMemoryIdempotencyStore(options: MemoryStoreOptions): IdempotencyStore {
  const { clock, maxEntries = MAX_ENTRIES } = options;
  // A claim that is held is somebody's creation under way: forgetting it could create a second version.
  const records = new RetainedMap<KeyRecord>(clock, maxEntries, (record) => isHeld(record, clock.now()));
  const wakeUps = createWakeUps(clock);
  return {
    async transact<T>(keyId: string, decide: Decide<T>): Promise<T> {
      const now = clock.now();
      const { reply, write } = decide(records.get(keyId), now);
      if (write === null) records.delete(keyId);
      else if (write) records.set(keyId, write);
      if (write === null || (write && !isHeld(write, now))) wakeUps.wake(keyId);
      return reply;
    },
    changed: wakeUps.wait,
    owners: createOwners(clock, maxEntries),
    posts: createPosts(clock),
    async close() {
      wakeUps.close();
    },
  };
}
