import { SlidingWindow } from "./sliding-window.js";

const WINDOW_MS = 10_000;

/**
 * The upstream's state and time as real calls show them. It counts as away while at least half of the calls of the last
 * 10 seconds were unhealthy; when there were none, while the last one before was.
 */
export class Health {
  readonly #window = new SlidingWindow(WINDOW_MS);
  /** Why the last call was unhealthy; undefined when it was not. */
  #lastProblem: string | undefined;
  /** Why the last unhealthy call was so. */
  #latestProblem: string | undefined;
  #offsetMs: number | undefined;

  constructor(private readonly now: () => number) {}

  /** @param problem why the call was unhealthy; undefined when it was healthy */
  record(problem: string | undefined): void {
    this.#window.add(this.now(), problem !== undefined);
    this.#lastProblem = problem;
    this.#latestProblem = problem ?? this.#latestProblem;
  }

  /** A probe was answered: what was before it says nothing any more. */
  recover(): void {
    this.#window.clear();
    this.#lastProblem = undefined;
  }

  /** Undefined while the upstream answers; else why it counts as away. */
  degradedReason(): string | undefined {
    const { total, failed } = this.#window.count(this.now());
    if (total === 0) return this.#lastProblem;
    return failed * 2 >= total ? this.#latestProblem : undefined;
  }

  /** @param serverTime what the `Date` header of an answer said (ms since the epoch) */
  recordTime(serverTime: number | undefined): void {
    if (serverTime !== undefined) this.#offsetMs = serverTime - this.now();
  }

  /** The upstream's time, carried on by the local clock; undefined before the first answer. */
  estimatedTime(): number | undefined {
    return this.#offsetMs === undefined ? undefined : this.now() + this.#offsetMs;
  }
}
