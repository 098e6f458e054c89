import type { CreatedVersion, LongId } from "../domain/index.js";
import type { Intent } from "./intent.js";
import {
  type ClaimedRecord,
  isHeld,
  type KeyRecord,
  type PostingRecord,
  type UnknownRecord,
} from "./record.js";
import type { Decide } from "./store.js";

/** An earlier POST of the same intent whose outcome is not known. Ages are milliseconds by the store's clock. */
export interface EarlierPost {
  claimAgeMs: number;
  postAgeMs: number;
  /** The claim by the upstream's clock, where that was known. */
  upstreamClaimedAt: number | null;
}

/** What came of the attempt to claim a key. */
export type ClaimReply =
  | { kind: "claimed"; record: ClaimedRecord }
  | { kind: "to-reconcile"; record: ClaimedRecord; earlier: EarlierPost }
  | { kind: "other-input" }
  | { kind: "done"; result: CreatedVersion }
  /** Somebody else holds it, for `leaseMs` more at most unless it is renewed. */
  | { kind: "held"; holder: string; leaseMs: number }
  /** The holder that was waited for has looked for the version and not found the one. */
  | { kind: "checked"; candidates: LongId[]; earlier: EarlierPost };

export interface ClaimAttempt {
  intent: Intent;
  token: string;
  leaseMs: number;
  /** The holder whose end this attempt has waited for: what it found out counts for those who waited, too. */
  waitedFor: string | undefined;
}

function earlierPost(
  record: { claimedAt: number; upstreamClaimedAt: number | null },
  postedAt: number,
  now: number,
): EarlierPost {
  return {
    claimAgeMs: Math.max(0, now - record.claimedAt),
    postAgeMs: Math.max(0, now - postedAt),
    upstreamClaimedAt: record.upstreamClaimedAt,
  };
}

function newClaim({ intent, token, leaseMs }: ClaimAttempt, now: number): ClaimedRecord {
  const { fingerprint, jobId } = intent;
  return {
    state: "claimed",
    fingerprint,
    jobId,
    token,
    leaseUntil: now + leaseMs,
    claimedAt: now,
    upstreamClaimedAt: null,
    postedAt: null,
  };
}

/** Claims a free key; takes over one whose POST has an unknown outcome or whose holder has died. */
export function claim(attempt: ClaimAttempt): Decide<ClaimReply> {
  return (record, now) => {
    const held = record !== undefined && isHeld(record, now);
    const posted = record && record.state !== "done" ? record.postedAt : null;
    // A claim that died before its POST has done nothing: it binds nobody to its input.
    if (record === undefined || (record.state === "claimed" && !held && posted === null)) {
      const claimed = newClaim(attempt, now);
      return { reply: { kind: "claimed", record: claimed }, write: claimed };
    }
    if (record.fingerprint !== attempt.intent.fingerprint) return { reply: { kind: "other-input" } };
    if (record.state === "done") return { reply: { kind: "done", result: record.result } };
    if (isHeld(record, now))
      return { reply: { kind: "held", holder: record.token, leaseMs: record.leaseUntil - now } };
    return takeOver(record, attempt, now);
  };
}

function takeOver(
  record: Exclude<KeyRecord, { state: "done" }>,
  { token, leaseMs, waitedFor }: ClaimAttempt,
  now: number,
): ReturnType<Decide<ClaimReply>> {
  const postedAt = record.postedAt ?? now;
  const earlier = earlierPost(record, postedAt, now);
  if (record.state === "unknown" && record.checked && record.token === waitedFor) {
    return { reply: { kind: "checked", candidates: record.checked.candidates, earlier } };
  }
  const { fingerprint, jobId, claimedAt, upstreamClaimedAt } = record;
  const taken: ClaimedRecord = {
    state: "claimed",
    fingerprint,
    jobId,
    token,
    leaseUntil: now + leaseMs,
    claimedAt,
    upstreamClaimedAt,
    postedAt,
  };
  return { reply: { kind: "to-reconcile", record: taken, earlier }, write: taken };
}

/** Claims anew after a reconciliation that found nothing: from here on, what was claimed before does not count. */
export function claimAnew(attempt: ClaimAttempt): Decide<ClaimedRecord | undefined> {
  return (record, now) => {
    if (record?.state !== "claimed" || record.token !== attempt.token) return { reply: undefined };
    const claimed = newClaim(attempt, now);
    return { reply: claimed, write: claimed };
  };
}

/**
 * Records that the POST is about to be sent; undefined when the claim has been lost, and nothing may be sent.
 *
 * @param upstreamNow dates the claim by the upstream's clock: better known now than when it was made, since the rules
 * have looked things up
 */
export function beginPost(
  token: string,
  leaseMs: number,
  upstreamNow: number | null,
): Decide<PostingRecord | undefined> {
  return (record, now) => {
    if (record?.state !== "claimed" || record.token !== token) return { reply: undefined };
    const upstreamClaimedAt = upstreamNow === null ? null : upstreamNow - (now - record.claimedAt);
    const posting: PostingRecord = {
      ...record,
      state: "posting",
      postedAt: now,
      leaseUntil: now + leaseMs,
      upstreamClaimedAt,
    };
    return { reply: posting, write: posting };
  };
}

/**
 * Renews a claim; false when somebody else has taken it.
 *
 * @param mine the claim as its holder knows it, written again where the store has lost it
 */
export function renew(mine: ClaimedRecord | PostingRecord, leaseMs: number): Decide<boolean> {
  return (record, now) => {
    const current = record ?? mine;
    if (current.token !== mine.token) return { reply: false };
    if (current.state !== "claimed" && current.state !== "posting") return { reply: false };
    return { reply: true, write: { ...current, leaseUntil: now + leaseMs } };
  };
}

/**
 * Records the result. It is accepted from a holder that has lost its claim meanwhile, and where the store has lost the
 * record: the upstream's own answer is worth more than anything that others could find out. Not accepted, and false,
 * when there is another result already, or when somebody else's POST is under way.
 */
export function complete(intent: Intent, token: string, result: CreatedVersion): Decide<boolean> {
  return (record) => {
    const { fingerprint, jobId } = intent;
    if (record?.state === "done") return { reply: record.result.versionId === result.versionId };
    const isTaken = record?.state === "posting" && record.token !== token;
    if (record && (isTaken || record.fingerprint !== fingerprint)) return { reply: false };
    return { reply: true, write: { state: "done", fingerprint, jobId, token, result } };
  };
}

function unknownAfter(
  held: ClaimedRecord | PostingRecord,
  postedAt: number,
  checked: UnknownRecord["checked"],
): UnknownRecord {
  const { fingerprint, jobId, token, claimedAt, upstreamClaimedAt } = held;
  return { state: "unknown", fingerprint, jobId, token, claimedAt, upstreamClaimedAt, postedAt, checked };
}

/**
 * Records that the POST's outcome is not known.
 *
 * @param sentWithinMs the POST left at most that long ago; later than recorded when it had to queue
 */
export function markUnknown(mine: PostingRecord, sentWithinMs: number): Decide<void> {
  return (record, now) => {
    const current = record ?? mine;
    if (current.state !== "posting" || current.token !== mine.token) return { reply: undefined };
    const postedAt = Math.max(current.postedAt, now - sentWithinMs);
    return { reply: undefined, write: unknownAfter(current, postedAt, null) };
  };
}

/**
 * Gives a claim up: the key is free again or, where an earlier POST may have created a version, still to be reconciled.
 *
 * @param checked what the holder saw when it looked for that version
 */
export function release(token: string, checked: { candidates: LongId[] } | null = null): Decide<void> {
  return (record) => {
    if (!record || record.token !== token || record.state === "done" || record.state === "unknown")
      return { reply: undefined };
    if (record.state === "posting" || record.postedAt === null) return { reply: undefined, write: null };
    return { reply: undefined, write: unknownAfter(record, record.postedAt, checked) };
  };
}
