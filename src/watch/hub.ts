import type { Cursor } from "./cursor.js";
import type { WatchEvents } from "./events.js";
import { FirstEvents } from "./first-events.js";
import { emptyBeginning, isSettled, Line } from "./line.js";
import { type EventContext, type Notice, noticeOf } from "./notice.js";
import type { HistoryEntry, HistoryHead, HistoryPage, Position, WatchHistory } from "./ports.js";
import { entriesAfter, resume } from "./resumption.js";
import type { Subscriber } from "./subscriber.js";

const PAGE = 500;

export interface HubOptions {
  context: EventContext;
  history: WatchHistory;
  /** STATUS_HISTORY_LENGTH. */
  historyLength: number;
  events: WatchEvents;
  newIncarnation(): string;
  /** Called when the history could not be reached; it is tried again with the next {@link Hub.sync}. */
  onError(error: unknown): void;
  /** Called with the entries that were handed to subscribers. */
  onEntries(entries: readonly HistoryEntry[]): void;
}

/** A subscription that starts with the current state, and the poll that it waits for. */
interface Starting {
  ticket: number | undefined;
  /** It could not be resumed where it left off. */
  gap: boolean;
  /** Its subscriber knows what he was told before, and is told only what is different. */
  isInformed?: boolean;
}

/**
 * Hands one job's history to this replica's subscribers. Everything goes through {@link sync}, whichever way news
 * arrived: lost wake-ups, a store that was away and readers that come back share one path.
 */
export class Hub {
  #line: Line | undefined;
  readonly #joined = new Set<Subscriber>();
  readonly #starting = new Map<Subscriber, Starting>();
  readonly #resuming = new Map<Subscriber, Cursor>();
  readonly #notices = new WeakMap<HistoryEntry, Notice>();
  #syncing: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(private readonly options: HubOptions) {}

  /** Starts a subscription: with the current state as a poll from now on shows it, or after a cursor. */
  add(subscriber: Subscriber, after: Cursor | undefined): void {
    if (after) this.#resuming.set(subscriber, after);
    // While nothing is known here, the cursor may turn out to lead nowhere: the poll that is then needed is asked for early.
    if (!after || !this.#line)
      this.#starting.set(subscriber, { ticket: undefined, gap: after !== undefined });
    void this.sync();
  }

  remove(subscriber: Subscriber): void {
    this.#joined.delete(subscriber);
    this.#starting.delete(subscriber);
    this.#resuming.delete(subscriber);
  }

  close(): void {
    this.#closed = true;
  }

  /** Looks at the history's outline as somebody else read it. */
  notice(head: HistoryHead | null): void {
    const at = this.#line?.position;
    const isCurrent = at && head?.incarnation === at.incarnation && head.announced === at.seq;
    if (!isCurrent || this.#starting.size > 0 || this.#resuming.size > 0) void this.sync();
  }

  /** Takes entries that this replica has itself appended, without reading them again. */
  accept(base: Position, entries: readonly HistoryEntry[]): void {
    const at = this.#line?.position;
    if (!this.#syncing && at?.incarnation === base.incarnation && at.seq === base.seq) this.#deliver(entries);
    void this.sync();
  }

  /** Starts the history again with what this replica knows, or empty. */
  async begin(): Promise<void> {
    const { history, context, newIncarnation } = this.options;
    const incarnation = newIncarnation();
    await history.begin(context.job, this.#line?.beginning(incarnation) ?? emptyBeginning(incarnation));
  }

  /** Catches up with the history and serves everybody who waits. One runs at a time; further calls make it go round again. */
  sync(): Promise<void> {
    this.#again = true;
    this.#syncing ??= this.#run().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await this.#requestPoll();
        if (await this.#catchUp()) await this.#resume();
        await this.#start();
      } catch (error) {
        this.options.onError(error);
      }
    }
  }

  /** False when it has to wait for something that was appended to be announced. */
  async #catchUp(): Promise<boolean> {
    const { history, historyLength, context } = this.options;
    if (!this.#line) {
      const snapshot = await history.load(context.job);
      if (!snapshot?.head.seeded) return true;
      if (isSettled(snapshot)) this.#line = new Line(snapshot, historyLength);
      return isSettled(snapshot);
    }
    for (;;) {
      const page = await history.read(context.job, this.#line.position, PAGE);
      if (!page) await this.begin();
      else if (!page.reachable) {
        if (!(await this.#reconnect(page))) return false;
      } else {
        if (page.head.incarnation !== this.#line.position.incarnation) {
          this.#line.rename({ incarnation: page.head.incarnation, seq: this.#line.position.seq });
        }
        this.#deliver(page.entries);
        if (page.entries.length < PAGE) return true;
      }
    }
  }

  /** The history is not the one that was followed. Returns true when reading can go on. */
  async #reconnect({ head }: HistoryPage): Promise<boolean> {
    const { history, context, newIncarnation } = this.options;
    const line = this.#line;
    if (!line) return false;
    const { incarnation, seq } = line.position;
    const common = head.origin?.incarnation === incarnation ? head.origin.seq : undefined;
    if (common !== undefined && common < seq) {
      if (await history.begin(context.job, line.beginning(newIncarnation()))) return true;
      // Others went on from an older copy: what they added is new, what only this replica knew has been told here.
      line.rename({ incarnation: head.incarnation, seq: common });
      for (const subscriber of this.#joined) subscriber.seq = Math.min(subscriber.seq, common);
      return true;
    }
    // What was between is lost, and what is there can be older than what was told: only a new poll tells.
    for (const subscriber of this.#joined) {
      this.#starting.set(subscriber, { ticket: undefined, gap: true, isInformed: true });
    }
    this.#joined.clear();
    this.#line = undefined;
    this.#again = true;
    return false;
  }

  #deliver(entries: readonly HistoryEntry[]): void {
    const line = this.#line;
    if (!line || entries.length === 0) return;
    for (const entry of entries) {
      line.add(entry);
      const notice = this.#noticeOf(line.position.incarnation, entry);
      for (const subscriber of this.#joined) {
        if (subscriber.seq >= entry.seq) continue;
        subscriber.seq = entry.seq;
        subscriber.push(notice);
      }
    }
    this.options.onEntries(entries);
  }

  #noticeOf(incarnation: string, entry: HistoryEntry): Notice {
    const made = this.#notices.get(entry);
    if (made) return made;
    const notice = noticeOf(this.options.context, incarnation, entry);
    this.#notices.set(entry, notice);
    return notice;
  }

  /** One request for everybody who came since the last one. */
  async #requestPoll(): Promise<void> {
    const asking = [...this.#starting.values()].filter((starting) => starting.ticket === undefined);
    if (asking.length === 0) return;
    const ticket = await this.options.history.want(this.options.context.job);
    for (const starting of asking) starting.ticket = ticket;
  }

  async #start(): Promise<void> {
    const { history, historyLength, context } = this.options;
    if (this.#starting.size === 0) return;
    const snapshot = await history.load(context.job);
    if (!snapshot || !isSettled(snapshot)) return;
    const { head, states } = snapshot;
    this.#line ??= new Line(snapshot, historyLength);
    if (head.incarnation !== this.#line.position.incarnation) return;
    const at = { incarnation: head.incarnation, seq: head.seq };
    const events = [false, true].map(
      (gap) => new FirstEvents({ context, at, states, polledAt: head.polledAt, gap }),
    );
    for (const [subscriber, starting] of this.#starting) {
      if (starting.ticket === undefined) continue;
      // A store that was emptied has forgotten the request.
      if (starting.ticket > head.wanted) starting.ticket = undefined;
      else if (starting.ticket <= head.served) {
        this.#join(subscriber, head.seq);
        events[starting.gap ? 1 : 0]?.start(subscriber, { isComplete: head.complete, ...starting });
      }
    }
  }

  #join(subscriber: Subscriber, seq: number): void {
    this.#starting.delete(subscriber);
    this.#joined.add(subscriber);
    subscriber.seq = seq;
  }

  async #resume(): Promise<void> {
    const { history, context, events } = this.options;
    for (const [subscriber, cursor] of this.#resuming) {
      const line = this.#line;
      const entries = line && (await entriesAfter(cursor, line, history, context));
      const { versionId } = subscriber;
      const isKnown = line !== undefined && (versionId === undefined || line.states.has(versionId));
      if (!this.#resuming.delete(subscriber)) continue;
      events.resumed(entries !== undefined && isKnown);
      if (entries && isKnown) this.#goOn(subscriber, cursor, line, entries);
      else if (!this.#starting.has(subscriber)) {
        this.#starting.set(subscriber, { ticket: undefined, gap: true });
        this.#again = true;
      }
    }
  }

  #goOn(subscriber: Subscriber, cursor: Cursor, line: Line, entries: readonly HistoryEntry[]): void {
    const { context } = this.options;
    const { versionId } = subscriber;
    const noticeOfEntry = (entry: HistoryEntry) => this.#noticeOf(line.position.incarnation, entry);
    this.#join(subscriber, line.position.seq);
    subscriber.isResumed = true;
    const notices = resume({ versionId, cursor, entries, line, context, noticeOf: noticeOfEntry });
    subscriber.start(notices);
  }
}
