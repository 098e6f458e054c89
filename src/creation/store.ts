import type { LongId } from "../domain/index.js";
import type { Intent } from "./intent.js";
import type { KeyRecord } from "./record.js";

/** How long results are kept, and with them the knowledge of whose they are: 24 hours. */
export const RETENTION_MS = 24 * 60 * 60 * 1_000;

/** What shall become of a key's record. */
export interface Decision<T> {
  reply: T;
  /** The record as it shall be, null to remove it; absent: it stays as it is. */
  write?: KeyRecord | null;
}

/**
 * Looks at the record and the store's time (ms since the epoch) and decides. Must not have effects: it is called
 * again when somebody else was faster.
 */
export type Decide<T> = (record: KeyRecord | undefined, now: number) => Decision<T>;

/** Which key's result a version is. */
export interface VersionOwners {
  /** Says that the version is that owner's; whatever was said before is replaced. */
  set(job: JobScope, versionId: LongId, owner: string): Promise<void>;
  /** Says so unless another owner is known. Returns whether it is that owner's now. */
  take(job: JobScope, versionId: LongId, owner: string): Promise<boolean>;
  /** The known owners of these versions. */
  of(job: JobScope, versionIds: readonly LongId[]): Promise<Map<LongId, string>>;
}

export type JobScope = Pick<Intent, "projectId" | "jobId">;

/** The POSTs that are under way, by what they create. */
export interface PostsUnderWay {
  begin(intent: Intent): Promise<void>;
  end(intent: Intent): Promise<void>;
  /** True when another key's POST of the same config began within the last `withinMs` and has not ended. */
  othersThan(intent: Intent, withinMs: number): Promise<boolean>;
}

/** Keys, results and claims; shared among replicas where there is Redis. Every method rejects while the store is away. */
export interface IdempotencyStore {
  /**
   * Replaces a key's record in one atomic step. Records are kept for {@link RETENTION_MS} after they were last written.
   */
  transact<T>(keyId: string, decide: Decide<T>): Promise<T>;
  /** Resolves when the key's record may have changed, or after `ms` milliseconds. Never rejects. */
  changed(keyId: string, ms: number): Promise<void>;
  readonly owners: VersionOwners;
  readonly posts: PostsUnderWay;
  close(): Promise<void>;
}
