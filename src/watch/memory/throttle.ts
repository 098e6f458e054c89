import { LRUCache } from "lru-cache";
import type { Clock } from "../../clock.js";
import type { PollThrottle, ThrottleState } from "../ports.js";
import { afterThrottled, type ThrottleRecord, throttleState } from "../throttling.js";

/** Slows the polls of one process. */
export class MemoryThrottle implements PollThrottle {
  readonly #records = new LRUCache<string, ThrottleRecord>({ max: 1_000 });

  constructor(private readonly clock: Clock) {}

  async state(projectId: string): Promise<ThrottleState> {
    return throttleState(this.#records.get(projectId), this.clock.now());
  }

  async slow(projectId: string, retryAfterMs: number): Promise<void> {
    const record = this.#records.get(projectId);
    this.#records.set(projectId, afterThrottled(record, retryAfterMs, this.clock.now()));
  }
}
