import type { CreatedVersion, LongId } from "../domain/index.js";

/**
 * What the store holds of one idempotency key. All instants are milliseconds of the *store's* clock, the one clock
 * that every replica sees alike; `upstreamClaimedAt` alone is the upstream's.
 */
export type KeyRecord = ClaimedRecord | PostingRecord | UnknownRecord | DoneRecord;

interface IntentRecord {
  fingerprint: string;
  jobId: LongId;
  /** Fences: whoever holds the key, or held it last. */
  token: string;
}

interface ClaimTimes {
  claimedAt: number;
  /** The claim by the upstream's clock, where that was known when a POST was sent. */
  upstreamClaimedAt: number | null;
}

/** Held while the rules run, and (with `postedAt`) while an earlier POST of unknown outcome is looked for. */
export interface ClaimedRecord extends IntentRecord, ClaimTimes {
  state: "claimed";
  leaseUntil: number;
  /** When an earlier POST of this claim was sent; null when none was. */
  postedAt: number | null;
}

/** Written before the POST is sent. */
export interface PostingRecord extends IntentRecord, ClaimTimes {
  state: "posting";
  leaseUntil: number;
  postedAt: number;
}

/** Nobody holds it; a POST may have created a version. */
export interface UnknownRecord extends IntentRecord, ClaimTimes {
  state: "unknown";
  postedAt: number;
  /** What the last holder saw when it looked for the version: none yet when there are no candidates. */
  checked: { candidates: LongId[] } | null;
}

export interface DoneRecord extends IntentRecord {
  state: "done";
  result: CreatedVersion;
}

/** True while a replica holds the key and has renewed its claim in time. */
export function isHeld(record: KeyRecord, now: number): record is ClaimedRecord | PostingRecord {
  return (record.state === "claimed" || record.state === "posting") && record.leaseUntil > now;
}
