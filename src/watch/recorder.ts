import type { EpochMillis, JobWithVersions, LongId } from "../domain/index.js";
import { applyChange, changesBetween, type Observation, refreshedStates } from "./changes.js";
import type {
  Announcement,
  HistoryChange,
  HistoryEntry,
  HistoryHead,
  JobKey,
  Position,
  Snapshot,
  VersionState,
  WatchHistory,
} from "./ports.js";

/** What a poll found, and under which circumstances. */
export interface Recording {
  /** `gone`: the job does not exist any more. */
  found: JobWithVersions | "gone";
  /** When the poll's call began. */
  beganAt: EpochMillis;
  observedAt: EpochMillis;
  /** The job was not watched before this poll. */
  gap: boolean;
  /** The lease's fencing number. */
  fence: number;
  /** See {@link Append.isLate}. */
  isLate: boolean;
  /** The poll's {@link WatchHistory.beginPoll} number. */
  tick: number;
  /** Somebody waits for this poll. */
  wanted: boolean;
}

/** `fenced`: a later holder of the lease has written; this poll is not part of the history. */
export type Recorded =
  | { outcome: "recorded"; base: Position; entries: HistoryEntry[] }
  | { outcome: "fenced" };

export interface RecorderOptions {
  job: JobKey;
  history: WatchHistory;
  /** Starts the history where there is none: with what this replica knows of a lost one, or empty. */
  begin(): Promise<void>;
  /** Brings the history up to what this replica knows, where it was begun again from an older copy. Does not reject. */
  reconcile(): Promise<void>;
  /** The caches are told between an append and its announcement. Does not reject. */
  observe(found: JobWithVersions | "gone", changed: readonly LongId[], beganAt: EpochMillis): Promise<void>;
}

interface Plan {
  changes: HistoryChange[];
  refresh: Map<LongId, VersionState>;
}

/**
 * Takes polls into the history: append, refresh the caches, announce. All of it can be repeated after a failure, because
 * an append that has happened leaves nothing to append.
 */
export class Recorder {
  /** The history as this writer left it. */
  #known: Snapshot | undefined;
  /** Up to where this writer has taken part in the history. */
  #wrote: Position | undefined;

  constructor(private readonly options: RecorderOptions) {}

  /** Forgets what was known of the history, because another may have written. */
  forget(): void {
    this.#known = undefined;
  }

  /** Looks at what is in the history now: an entry that this writer does not know was appended by another. */
  notice(entries: readonly HistoryEntry[]): void {
    const last = entries.at(-1)?.seq ?? 0;
    if (this.#known && last > this.#known.head.seq) this.forget();
  }

  /** Rejects while the store is away; to be called again then, with the same recording. */
  async record(recording: Recording): Promise<Recorded> {
    try {
      for (;;) {
        const recorded = await this.#try(recording);
        if (recorded !== "conflict") return recorded;
        this.forget();
      }
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  async #try(recording: Recording): Promise<Recorded | "conflict"> {
    const known = await this.#load();
    const base = { incarnation: known.head.incarnation, seq: known.head.seq };
    const hasForgotten = this.#wrote !== undefined && !continues(known.head, this.#wrote);
    const gap = recording.gap || hasForgotten;
    const isFirst = !known.head.seeded;
    const plan = planFor(known, { ...recording, gap });
    const appended = await this.#append(known, plan, recording);
    if (appended !== "appended") return this.#unrecorded(appended);
    this.#wrote = { incarnation: known.head.incarnation, seq: known.head.seq };
    const hasNews = plan.changes.length > 0 || known.head.seq > known.head.announced;
    // What the caches have of a job that was never polled may be older than what its subscribers are told first.
    const changed = isFirst ? [...known.states.keys()] : changedVersions(plan.changes);
    if (hasNews || isFirst) await this.options.observe(recording.found, changed, recording.beganAt);
    if (hasNews || gap || recording.wanted) {
      const announced = await this.#announce(known, recording);
      if (announced !== "announced") return this.#unrecorded(announced);
    }
    const entries = plan.changes.map((change, index) => ({ seq: base.seq + index + 1, ...change }));
    return { outcome: "recorded", base, entries };
  }

  #unrecorded(why: "conflict" | "fenced"): Recorded | "conflict" {
    this.forget();
    return why === "fenced" ? { outcome: "fenced" } : "conflict";
  }

  async #load(): Promise<Snapshot> {
    const { history, job, begin, reconcile } = this.options;
    for (let isReconciled = false; !this.#known; ) {
      const loaded = (await history.load(job)) ?? undefined;
      if (!loaded) await begin();
      else if (isReconciled || !this.#wrote || continues(loaded.head, this.#wrote)) this.#known = loaded;
      else await reconcile();
      isReconciled = loaded !== undefined;
    }
    return this.#known;
  }

  async #append(known: Snapshot, { changes, refresh }: Plan, { fence, isLate }: Recording) {
    const { head, states } = known;
    if (head.seeded && changes.length === 0 && refresh.size === 0) return "appended";
    const base = { incarnation: head.incarnation, seq: head.seq };
    const result = await this.options.history.append(this.options.job, {
      fence,
      isLate,
      base,
      changes,
      refresh,
    });
    if (result !== "appended") return result;
    for (const change of changes) applyChange(states, change);
    for (const [versionId, state] of refresh) states.set(versionId, state);
    known.head = { ...head, seq: head.seq + changes.length, seeded: true };
    return result;
  }

  async #announce(known: Snapshot, recording: Recording) {
    const { observedAt: polledAt, fence, tick: served, found } = recording;
    const { incarnation } = known.head;
    const complete = found === "gone" || found.complete;
    const announcement: Announcement = { fence, incarnation, served, polledAt, complete };
    const result = await this.options.history.announce(this.options.job, announcement);
    if (result === "announced") known.head = { ...known.head, announced: known.head.seq };
    return result;
  }
}

/** Whether a history holds everything up to that position. */
function continues(head: HistoryHead, { incarnation, seq }: Position): boolean {
  if (head.incarnation === incarnation) return seq <= head.seq;
  return head.origin?.incarnation === incarnation && seq <= head.origin.seq;
}

function planFor({ head, states }: Snapshot, { found, observedAt, gap, wanted }: Recording): Plan {
  if (found === "gone") return { changes: [{ kind: "gone", observedAt }], refresh: new Map() };
  const observation: Observation = { job: found, observedAt, gap };
  const known = { states, seeded: head.seeded };
  const changes = changesBetween(known, observation);
  // Details are kept up to date only for those who are about to be given them.
  const isNeeded = wanted || !head.seeded;
  return { changes, refresh: isNeeded ? refreshedStates(known, observation) : new Map() };
}

function changedVersions(changes: readonly HistoryChange[]): LongId[] {
  return changes.flatMap((change) => (change.kind === "gone" ? [] : [change.versionId]));
}
