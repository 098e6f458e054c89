import type { Clock } from "../../clock.js";
import type { WatchStores } from "../ports.js";
import { MemoryHistory } from "./history.js";
import { MemoryLease } from "./lease.js";
import { MemorySignals } from "./signals.js";
import { MemoryThrottle } from "./throttle.js";

/** Jobs that nobody watches at the moment, whose histories are kept for those who come back. */
const UNWATCHED_JOBS = 2_000;

export interface MemoryWatchStoresOptions {
  clock: Clock;
  /** STATUS_HISTORY_LENGTH. */
  historyLength: number;
  /** How many jobs can be watched at a time: as many as there can be subscriptions, SUBSCRIPTIONS_MAX. */
  maxWatchedJobs: number;
}

/** Keeps everything in this process: for a gateway without Redis, which is a single replica. */
export function createMemoryWatchStores(options: MemoryWatchStoresOptions): WatchStores {
  const { clock, historyLength, maxWatchedJobs } = options;
  const signals = new MemorySignals();
  // What is watched must stay: it would be put back at once, in the place of what else is watched.
  const maxJobs = maxWatchedJobs + UNWATCHED_JOBS;
  return {
    lease: new MemoryLease(signals, clock, maxJobs),
    history: new MemoryHistory(historyLength, signals, clock, maxJobs),
    throttle: new MemoryThrottle(clock),
    signals,
  };
}
