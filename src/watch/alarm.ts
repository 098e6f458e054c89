import type { Clock } from "../clock.js";

/** A sleep that can be cut short. At most one waits at a time. */
export class Alarm {
  #rung = false;
  #sleep: AbortController | undefined;

  constructor(private readonly clock: Clock) {}

  /** Resolves after `ms` milliseconds (never, when infinite) or with {@link ring}; at once when it rang since the last wait. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung && ms > 0) {
      this.#sleep = new AbortController();
      await this.#sleepFor(ms, this.#sleep.signal);
      this.#sleep = undefined;
    }
    this.#rung = false;
  }

  ring(): void {
    this.#rung = true;
    this.#sleep?.abort();
  }

  #sleepFor(ms: number, signal: AbortSignal): Promise<void> {
    if (Number.isFinite(ms)) return this.clock.sleep(Math.min(ms, MAX_SLEEP_MS), signal).catch(() => {});
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }
}

// Node's timers overflow beyond 2^31 - 1 ms; whoever waits looks at the time again afterwards.
const MAX_SLEEP_MS = 2 ** 31 - 1;
