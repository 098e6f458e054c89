import type { CancelSignal } from "./cancellation.js";

/** Calls a planned call off; without effect once it was made. */
export type CallOff = () => void;

/** What setTimeout takes at most (Node.js, "Timers"): 24.8 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Time as the rooms see it, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as that aborts. Never keeps the process alive by itself. */
  sleep(ms: number, signal?: CancelSignal): Promise<void>;
  /**
   * Calls back after `ms` milliseconds unless it is called off. For what seldom comes to pass, such as time-outs: calling
   * off costs nothing, whereas a sleep that is aborted makes an error with a stack. Never keeps the process alive by itself.
   */
  after(ms: number, callBack: () => void): CallOff;
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const wake = () => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(ms, LONGEST_TIMER_MS)).unref();
      const giveUp = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
    }),
  after(ms, callBack) {
    const timer = setTimeout(callBack, Math.min(ms, LONGEST_TIMER_MS)).unref();
    return () => clearTimeout(timer);
  },
};
