import type { Clock } from "../../clock.js";
import type { WatchStores } from "../ports.js";
import { MemoryHistory } from "./history.js";
import { MemoryLease } from "./lease.js";
import { MemorySignals } from "./signals.js";
import { MemoryThrottle } from "./throttle.js";

/** Keeps everything in this process: for a gateway without Redis, which is a single replica. */
export function createMemoryWatchStores(options: { clock: Clock; historyLength: number }): WatchStores {
  const signals = new MemorySignals();
  return {
    lease: new MemoryLease(signals, options.clock),
    history: new MemoryHistory(options.historyLength, signals, options.clock),
    throttle: new MemoryThrottle(options.clock),
    signals,
  };
}
