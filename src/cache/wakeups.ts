import type { Clock } from "../clock.js";

/** Those in this process who wait for a load that another replica makes. */
export class Wakeups {
  readonly #waiting = new Map<string, Set<AbortController>>();

  constructor(private readonly clock: Clock) {}

  /** Resolves when the lock is released, after `ms` milliseconds, or when the signal aborts. */
  async wait(lockName: string, ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const waiting = this.#waiting.get(lockName) ?? new Set();
    this.#waiting.set(lockName, waiting.add(woken));
    try {
      await this.clock.sleep(ms, AbortSignal.any([signal, woken.signal]));
    } catch {
      // Woken, or nobody waits any more: whoever called looks which.
    } finally {
      waiting.delete(woken);
      if (waiting.size === 0 && this.#waiting.get(lockName) === waiting) this.#waiting.delete(lockName);
    }
  }

  wake(lockName: string): void {
    for (const woken of this.#waiting.get(lockName) ?? []) woken.abort();
  }
}
