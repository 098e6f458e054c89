import { setTimeout as sleep } from "node:timers/promises";

/** Calls a planned call off; without effect once it was made. */
export type CallOff = () => void;

/** Time as the rooms see it, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with an AbortError as soon as `signal` aborts. Never keeps the process alive by itself. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls back after `ms` milliseconds unless it is called off. For what seldom comes to pass, such as time-outs: calling
   * off costs nothing, whereas a sleep that is aborted makes an error with a stack. Never keeps the process alive by itself.
   */
  after(ms: number, callBack: () => void): CallOff;
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) => sleep(ms, undefined, { ref: false, ...(signal && { signal }) }),
  after(ms, callBack) {
    const timer = setTimeout(callBack, ms).unref();
    return () => clearTimeout(timer);
  },
};
