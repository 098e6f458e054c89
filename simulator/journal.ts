import type { RouteName } from "./router.js";

/** How an exchange ended. `cut`: the simulator broke the connection on purpose; `aborted`: the client went away first. */
export type ExchangeEnd = "open" | "answered" | "cut" | "aborted";

/** One request as it came in, and what became of it. */
export interface JournalEntry {
  /** Counts from 1. */
  readonly id: number;
  /** Undefined for a path that is no call of the service. */
  readonly route: RouteName | undefined;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly projectId: string;
  readonly jobId: string;
  readonly versionId: string;
  /** All of them, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The raw text. */
  readonly body: string;
  /** By the simulator's clock, in ms since the epoch. */
  readonly receivedAt: number;
  /** True once the service has carried the request out, whatever the client was told. */
  processed: boolean;
  /** Undefined while nothing was answered. */
  status: number | undefined;
  end: ExchangeEnd;
}

export type JournalFilter = Partial<
  Pick<
    JournalEntry,
    "route" | "method" | "projectId" | "jobId" | "versionId" | "status" | "end" | "processed"
  >
>;

/** What the simulator was asked, oldest first; beyond its capacity the oldest entries are dropped (the counts are not). */
export class Journal {
  readonly #capacity: number;
  #entries: JournalEntry[] = [];
  #counts = new Map<RouteName, number>();
  #lastId = 0;

  /** @param capacity how many entries are kept; at least one */
  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity);
  }

  record(entry: Omit<JournalEntry, "id" | "processed" | "status" | "end">): JournalEntry {
    this.#lastId += 1;
    const recorded: JournalEntry = {
      ...entry,
      id: this.#lastId,
      processed: false,
      status: undefined,
      end: "open",
    };
    if (recorded.route) this.#counts.set(recorded.route, this.count(recorded.route) + 1);
    this.#entries.push(recorded);
    if (this.#entries.length >= 2 * this.#capacity) this.#entries = this.#entries.slice(-this.#capacity);
    return recorded;
  }

  /** The entries that have all of the given values; all entries without a filter. */
  entries(filter: JournalFilter = {}): JournalEntry[] {
    const wanted = Object.entries(filter);
    return this.#entries
      .slice(-this.#capacity)
      .filter((entry) => wanted.every(([key, value]) => Reflect.get(entry, key) === value));
  }

  /** How often a call was made since the last {@link clear}; all calls together without a name. */
  count(route?: RouteName): number {
    if (route) return this.#counts.get(route) ?? 0;
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** How often each call was made since the last {@link clear}. */
  counts(): Partial<Record<RouteName, number>> {
    return Object.fromEntries(this.#counts);
  }

  clear(): void {
    this.#entries = [];
    this.#counts = new Map();
  }
}
