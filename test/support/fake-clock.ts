import type { CancelSignal } from "../../src/cancellation.js";
import type { Clock } from "../../src/clock.js";

interface Sleeper {
  due: number;
  wake(): void;
}

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  private readonly sleepers = new Set<Sleeper>();

  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now = (): number => this.time;

  sleep = (ms: number, signal?: CancelSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper: Sleeper = { due: this.time + ms, wake };
      this.sleepers.add(sleeper);
      signal?.addEventListener("abort", onAbort, { once: true });
    });

  after = (ms: number, callBack: () => void): (() => void) => {
    const sleeper: Sleeper = { due: this.time + ms, wake: callBack };
    this.sleepers.add(sleeper);
    return () => void this.sleepers.delete(sleeper);
  };

  /** How many sleep, or are to be called back, at the moment. */
  get sleeping(): number {
    return this.sleepers.size;
  }

  /** Goes on by `ms` and lets everything that this wakes run. */
  async advance(ms: number): Promise<void> {
    // Whoever is about to sleep does so first.
    await new Promise(setImmediate);
    const end = this.time + ms;
    for (;;) {
      const next = [...this.sleepers].filter((s) => s.due <= end).toSorted((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.time = next.due;
      this.sleepers.delete(next);
      next.wake();
      await new Promise(setImmediate);
    }
    this.time = end;
    await new Promise(setImmediate);
  }
}
