import { Cancellation, type CancelSignal } from "../cancellation.js";
import type { Clock } from "../clock.js";
import { createBoundedMap } from "./bounded-map.js";

/** Those in this process who wait for a load to end that another one makes, in most cases another replica. */
export class Wakeups {
  readonly #waiting = new Map<string, Set<Cancellation>>();
  /** When locks were recently released: a release can be heard before the one who is to wait knows that he has to. */
  readonly #released = createBoundedMap<number>(1_000);
  #count = 0;

  constructor(private readonly clock: Clock) {}

  /** To be taken before it is looked who holds the lock. */
  mark(): number {
    return this.#count;
  }

  /** Resolves when the lock is or was released since the mark, after `ms` milliseconds, or when the signal aborts. */
  async wait(lockName: string, mark: number, ms: number, signal: CancelSignal): Promise<void> {
    if ((this.#released.get(lockName) ?? 0) > mark) return;
    const woken = new Cancellation();
    const stop = () => woken.abort(signal.reason);
    const waiting = this.#waiting.get(lockName) ?? new Set();
    this.#waiting.set(lockName, waiting.add(woken));
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      await this.clock.sleep(ms, woken);
    } catch {
      // Woken, or nobody waits any more: whoever called looks which.
    } finally {
      signal.removeEventListener("abort", stop);
      waiting.delete(woken);
      if (waiting.size === 0 && this.#waiting.get(lockName) === waiting) this.#waiting.delete(lockName);
    }
  }

  wake(lockName: string): void {
    this.#count += 1;
    this.#released.set(lockName, this.#count);
    for (const woken of this.#waiting.get(lockName) ?? []) woken.abort();
  }
}
