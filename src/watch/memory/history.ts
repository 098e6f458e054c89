import { LRUCache } from "lru-cache";
import type { Clock } from "../../clock.js";
import type { LongId } from "../../domain/index.js";
import { applyChange } from "../changes.js";
import { jobKeyText } from "../job-key.js";
import { emptyBeginning } from "../line.js";
import {
  type Announcement,
  type Append,
  type Beginning,
  HISTORY_RETENTION_MS,
  type HistoryChange,
  type HistoryEntry,
  type HistoryHead,
  type HistoryPage,
  type JobKey,
  type Position,
  type Snapshot,
  type StatusChange,
  type VersionState,
  type WatchHistory,
} from "../ports.js";
import type { MemorySignals } from "./signals.js";

interface Polls {
  tick: number;
  wanted: number;
  served: number;
}

interface Line {
  head: Omit<HistoryHead, "wanted" | "served">;
  states: Map<LongId, VersionState>;
  entries: HistoryEntry[];
  /** The greatest fencing number that has appended. */
  fence: number;
}

interface Job {
  polls: Polls;
  line: Line | undefined;
}

/** Histories of one process, for a gateway that is a single replica. */
export class MemoryHistory implements WatchHistory {
  readonly #jobs: LRUCache<string, Job>;

  /** @param maxJobs beyond this many the one that was used longest ago is forgotten; more than are ever watched at a time */
  constructor(
    private readonly length: number,
    private readonly signals: MemorySignals,
    private readonly clock: Clock,
    maxJobs: number,
  ) {
    this.#jobs = new LRUCache({
      maxSize: maxJobs,
      sizeCalculation: () => 1,
      ttl: HISTORY_RETENTION_MS,
      updateAgeOnGet: true,
      ttlResolution: 0,
      perf: { now: () => clock.now() },
    });
  }

  async head(job: JobKey): Promise<HistoryHead | null> {
    return headOf(this.#job(job));
  }

  async load(job: JobKey): Promise<Snapshot | null> {
    const found = this.#job(job);
    const head = headOf(found);
    return head && found.line ? { head, states: new Map(found.line.states) } : null;
  }

  async read(job: JobKey, after: Position, limit: number): Promise<HistoryPage | null> {
    const found = this.#job(job);
    const head = headOf(found);
    if (!head || !found.line) return null;
    const entries = found.line.entries.filter((e) => e.seq > after.seq && e.seq <= head.announced);
    if (!isOnLine(head, after) || (after.seq < head.announced && entries[0]?.seq !== after.seq + 1)) {
      return { head, reachable: false, entries: [] };
    }
    return { head, reachable: true, entries: entries.slice(0, limit) };
  }

  async want(job: JobKey): Promise<number> {
    const { polls } = this.#job(job);
    polls.wanted = this.#tick(polls);
    this.signals.wake(job);
    return polls.wanted;
  }

  async beginPoll(job: JobKey): Promise<{ tick: number; wanted: boolean }> {
    const { polls } = this.#job(job);
    return { tick: this.#tick(polls), wanted: polls.wanted > polls.served };
  }

  async append(job: JobKey, append: Append): Promise<"appended" | "conflict" | "fenced"> {
    const { line } = this.#job(job);
    if (!line) return "conflict";
    if (append.fence < line.fence || (append.isLate && line.fence === 0)) return "fenced";
    if (line.head.incarnation !== append.base.incarnation || line.head.seq !== append.base.seq)
      return "conflict";
    line.fence = append.fence;
    line.head.seeded = true;
    for (const change of append.changes) this.#add(line, change);
    for (const [versionId, state] of append.refresh) line.states.set(versionId, state);
    return "appended";
  }

  async announce(job: JobKey, announcement: Announcement): Promise<"announced" | "conflict" | "fenced"> {
    const { line, polls } = this.#job(job);
    if (line?.head.incarnation !== announcement.incarnation) return "conflict";
    if (announcement.fence < line.fence) return "fenced";
    line.fence = announcement.fence;
    polls.served = Math.max(polls.served, announcement.served);
    const { polledAt, complete } = announcement;
    Object.assign(line.head, { announced: line.head.seq, polledAt, complete });
    this.signals.wake(job);
    return "announced";
  }

  async begin(job: JobKey, { states, entries, ...from }: Beginning): Promise<boolean> {
    const found = this.#job(job);
    if (found.line) return this.#extend(found.line, { states, entries, ...from });
    const kept = entries.slice(-this.length);
    const head = { announced: from.seq, polledAt: 0, complete: true, ...from };
    found.line = { head, states: new Map(states), entries: kept, fence: 0 };
    return true;
  }

  async introduce(job: JobKey, change: StatusChange, newIncarnation: () => string): Promise<void> {
    const found = this.#job(job);
    if (!found.line) await this.begin(job, emptyBeginning(newIncarnation()));
    const { line } = found;
    if (!line || line.states.has(change.versionId)) return;
    const allAnnounced = line.head.announced === line.head.seq;
    this.#add(line, change);
    if (allAnnounced) line.head.announced = line.head.seq;
    this.signals.wake(job);
  }

  #tick(polls: Polls): number {
    polls.tick = Math.max(polls.tick + 1, this.clock.now() * 1_000);
    return polls.tick;
  }

  #job(job: JobKey): Job {
    const key = jobKeyText(job);
    const found = this.#jobs.get(key);
    if (found) return found;
    const created: Job = { polls: { tick: 0, wanted: 0, served: 0 }, line: undefined };
    this.#jobs.set(key, created);
    return created;
  }

  #add(line: Line, change: HistoryChange): void {
    line.head.seq += 1;
    line.entries.push({ seq: line.head.seq, ...change });
    if (line.entries.length > this.length) line.entries.shift();
    applyChange(line.states, change);
  }

  #extend(line: Line, from: Beginning): boolean {
    const { origin, seq } = line.head;
    const isPristine = origin?.incarnation === from.origin?.incarnation && origin?.seq === seq;
    if (!isPristine || !origin || from.seq <= seq) return false;
    const missing = from.entries.filter((entry) => entry.seq > seq);
    if (missing[0]?.seq !== seq + 1) return false;
    line.entries = [...line.entries, ...missing].slice(-this.length);
    for (const entry of missing) applyChange(line.states, entry);
    Object.assign(line.head, { seq: from.seq, announced: from.seq, origin: { ...origin, seq: from.seq } });
    return true;
  }
}

function headOf({ line, polls }: Job): HistoryHead | null {
  return line ? { wanted: polls.wanted, served: polls.served, ...line.head } : null;
}

/** Whether a position is one of this history's own, by its numbers. */
function isOnLine(head: HistoryHead, { incarnation, seq }: Position): boolean {
  if (incarnation === head.incarnation) return seq <= head.seq;
  return incarnation === head.origin?.incarnation && seq <= head.origin.seq;
}
