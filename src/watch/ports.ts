import type { EpochMillis, LongId, TrainingJobVersion } from "../domain/index.js";

/** The unit of watching: one lease, one history and one sequence for each job of a project. */
export interface JobKey {
  projectId: string;
  jobId: LongId;
}

/** What is known of one version: enough for a first event. Plain JSON. */
export interface VersionState {
  statusCode: number;
  observedAt: EpochMillis;
  createTime: EpochMillis | null;
  /** As polled; null when only the answer to its creation is known. */
  version: TrainingJobVersion | null;
  /** When this gateway created it, where it did. */
  createdAt?: EpochMillis;
}

/** A status that a version took on, or in which it was found. */
export interface StatusChange extends VersionState {
  kind: "status";
  versionId: LongId;
  /** What the history said of the version before; null when it was not known. */
  previousCode: number | null;
  /** True when the job was not watched before, so that changes may have been missed. */
  gap: boolean;
}

/** What is appended to a history. `vanished`: the version is gone; `gone`: the whole job is. */
export type HistoryChange =
  | StatusChange
  | { kind: "vanished"; versionId: LongId; observedAt: EpochMillis }
  | { kind: "gone"; observedAt: EpochMillis };

/** A change with its place in the job's sequence, which counts from 1 without holes. */
export type HistoryEntry = HistoryChange & { seq: number };

/** A point in a job's sequence: everything up to and including `seq` lies before it. */
export interface Position {
  /** Names one life of a history. Sequences of different incarnations have nothing to do with one another. */
  incarnation: string;
  seq: number;
}

/** The outline of a history. */
export interface HistoryHead extends Position {
  /** The incarnation that this one continues under the same numbers, up to and including `seq` of it. */
  origin: Position | null;
  /** Up to here entries may be delivered: the caches know of them. */
  announced: number;
  /** True once a poll has been taken in, so that the states are all that there is. */
  seeded: boolean;
  /** The latest {@link WatchHistory.want} ticket that was given out. */
  wanted: number;
  /** Tickets up to this one are served: a poll began after they were given out, and its outcome is in the history. */
  served: number;
  /** When the poll that served them was answered; 0 before the first. */
  polledAt: EpochMillis;
  /** False when that poll saw fewer versions than the job has. */
  complete: boolean;
}

/** A history's outline and every version's state after the entry `seq`. */
export interface Snapshot {
  head: HistoryHead;
  states: Map<LongId, VersionState>;
}

/** What follows a position. */
export interface HistoryPage {
  head: HistoryHead;
  /** False when the position is unknown to this history, or entries after it were trimmed. `entries` is then empty. */
  reachable: boolean;
  /** Announced entries in order, at most as many as were asked for. */
  entries: HistoryEntry[];
}

/** A poll's outcome. It is taken in only on top of exactly the state that the changes were computed from. */
export interface Append {
  /** The lease's fencing number: refused when a greater one has appended before. */
  fence: number;
  /** The lease has been lost meanwhile: refused also by a history that nobody has appended to, because it may have forgotten who has. */
  isLate: boolean;
  /** The state that the changes were computed from. */
  base: Position;
  changes: HistoryChange[];
  /** States to store without an entry: details of versions whose status is the same. */
  refresh: Map<LongId, VersionState>;
}

/** Lets an append be seen. */
export interface Announcement {
  fence: number;
  incarnation: string;
  /** See {@link HistoryHead.served}. */
  served: number;
  polledAt: EpochMillis;
  complete: boolean;
}

/** The start of a history: an empty one, or what a replica still knows of one that was lost. */
export interface Beginning extends Position {
  origin: Position | null;
  seeded: boolean;
  states: Map<LongId, VersionState>;
  /** The last entries, without holes up to `seq`. */
  entries: HistoryEntry[];
}

/**
 * The changes of each watched job, in order. Entries are retained up to STATUS_HISTORY_LENGTH, and for at least
 * {@link HISTORY_RETENTION_MS} after the last use. Every method rejects while the store is away.
 */
export interface WatchHistory {
  /** Null when there is no history. */
  head(job: JobKey): Promise<HistoryHead | null>;
  load(job: JobKey): Promise<Snapshot | null>;
  read(job: JobKey, after: Position, limit: number): Promise<HistoryPage | null>;
  /** Asks for a poll and wakes the poller. Returns the ticket: the request is met when `served` has reached it. */
  want(job: JobKey): Promise<number>;
  /** Marks the begin of a poll: it serves every ticket up to `tick`. `wanted`: some ticket waits for it. */
  beginPoll(job: JobKey): Promise<{ tick: number; wanted: boolean }>;
  /** `conflict`: the history is not at `base` any more. `fenced`: a later holder of the lease has appended. */
  append(job: JobKey, append: Append): Promise<"appended" | "conflict" | "fenced">;
  /** Lets everything that was appended be seen and wakes the hubs. `conflict`: another incarnation. */
  announce(job: JobKey, announcement: Announcement): Promise<"announced" | "conflict" | "fenced">;
  /**
   * Starts a history where there is none. One that was itself begun from an older copy of the same origin, and to
   * which nothing has been appended since, is brought up to this one. Returns whether anything was taken.
   */
  begin(job: JobKey, beginning: Beginning): Promise<boolean>;
  /** Adds a version unless it is known, and wakes the hubs. Begins a history of a new incarnation where there is none. */
  introduce(job: JobKey, change: StatusChange, newIncarnation: () => string): Promise<void>;
}

/** How long a history outlives its last use: 24 hours after the last subscriber at the least. */
export const HISTORY_RETENTION_MS = 25 * 3_600_000;

/** Who wants a job's lease. */
export interface Claim {
  /** Unique to one watch of one replica. */
  owner: string;
  ttlMs: number;
  /** The last holder's fencing number that this claimant saw, its own included: it was watching meanwhile. */
  watchedDuring?: number;
  /** True when that holder was the claimant itself, whose lease has not ended. */
  wasHolder?: boolean;
  /** Does not take a lease whose last holder the store does not know: that one may go on for the rest of its lease. */
  onlyIfKnown?: boolean;
  /** True when a poll under the lease that is renewed is in the history: nothing is unwatched any more. */
  settled?: boolean;
  /** How long after the last renewal a job whose holder died still counts as watched. */
  continuityMs: number;
}

export type Hold =
  | {
      held: true;
      /** Greater than that of every holder before, also across a store that was emptied. */
      fence: number;
      /** The last holder's number: its own when the lease was renewed, 0 when the store knows of none. */
      previous: number;
      /** False until {@link Claim.settled}, unless the job has certainly been watched by somebody since the last holder's polls. */
      continuous: boolean;
    }
  /** `fence`: the holder's number; 0 when it is held by nobody, and not given because of {@link Claim.onlyIfKnown}. */
  | { held: false; fence: number };

/** How a lease is given up. */
export interface Release extends Pick<Claim, "owner" | "settled"> {
  /** `unwatched`: nobody listens here any more; `handover`: they will elsewhere. */
  reason: "unwatched" | "handover";
}

/** Who polls a job: one owner at a time, until its lease ends. Every method rejects while the store is away. */
export interface WatchLease {
  /** Takes a free lease or renews one's own. */
  hold(job: JobKey, claim: Claim): Promise<Hold>;
  /** Gives one's own lease up and wakes the others. */
  release(job: JobKey, release: Release): Promise<void>;
}

/** How a project's polls are slowed after a 429, for the whole replica set. */
export interface PollThrottle {
  /** Milliseconds before which no poll may begin, and the factor by which intervals are stretched (1: not at all). */
  state(projectId: string): Promise<ThrottleState>;
  /** Takes a 429 into account. */
  slow(projectId: string, retryAfterMs: number): Promise<void>;
}

export interface ThrottleState {
  waitMs: number;
  factor: number;
}

/** News from the stores. Wake-ups can be lost: nothing may depend on them but speed. */
export interface WatchSignals {
  /** Something about the job changed: entries, wishes, or its lease. Returns how to stop listening. */
  onWake(listener: (job: JobKey) => void): () => void;
  /** The store can be reached again. Returns how to stop listening. */
  onUp(listener: () => void): () => void;
}

/** Where watching keeps what replicas share. */
export interface WatchStores {
  lease: WatchLease;
  history: WatchHistory;
  throttle: PollThrottle;
  signals: WatchSignals;
}
