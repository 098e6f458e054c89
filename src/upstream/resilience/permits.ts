import type { Clock } from "../../clock.js";
import { type Crowd, PRIORITIES, type Priority } from "./fair-queue.js";

/** Which calls of those that wait may be made. */
export interface Allotment {
  /** For each crowd asked for, in the same order: how many of it. */
  granted: number[];
  /** In how many ms there could be a permit for a call of that priority if nobody went before it; 0 when there is one now. */
  earliestInMs: Record<Priority, number>;
  /** In how many ms it is worth asking again. */
  retryInMs: number;
}

/** Gives out the calls per minute. */
export interface PermitSource {
  /** Asked by one at a time. Never rejects. */
  take(crowds: readonly Crowd[]): Allotment | Promise<Allotment>;
  /** So many permits were not used: those who waited had gone. */
  giveBack(count: number): void;
}

/** Permits of one process, which others may also have given out. */
export interface LocalPermitSource extends PermitSource {
  take(crowds: readonly Crowd[]): Allotment;
  /** So many calls have just been permitted by somebody else. */
  note(count: number): void;
  /** How many calls were permitted within the window. */
  recent(): number;
  /** Changes how many calls this process may make in a minute. */
  setLimit(callsPerMinute: number): void;
}

export interface LocalPermitsOptions {
  callsPerMinute: number;
  clock: Pick<Clock, "now">;
  /** What "per minute" means; a minute unless told. */
  windowMs?: number;
}

const MINUTE_MS = 60_000;

/** Parts of the limit that lookups, and polls, leave to what goes before them. */
const RESERVED_FROM: Record<Priority, number> = { mutation: 0, lookup: 0.1, poll: 0.25 };

/**
 * How many calls there may have been when one of that priority is permitted: a tenth of the limit is kept for mutations and
 * a quarter for mutations and lookups, so that neither waits a minute behind a burst of polls.
 */
function ceilingOf(priority: Priority, callsPerMinute: number): number {
  return Math.max(1, Math.floor(callsPerMinute * (1 - RESERVED_FROM[priority])));
}

/** The same for all priorities. */
export function ceilingsOf(callsPerMinute: number): Record<Priority, number> {
  return {
    mutation: ceilingOf("mutation", callsPerMinute),
    lookup: ceilingOf("lookup", callsPerMinute),
    poll: ceilingOf("poll", callsPerMinute),
  };
}

/** Deals one permit each to the crowds of one priority, in turns, until none is left or wanted. Returns how many. */
function deal(crowds: readonly Crowd[], priority: Priority, free: number, granted: number[]): number {
  let left = free;
  for (let dealt = true; dealt && left > 0; ) {
    dealt = false;
    for (const [index, crowd] of crowds.entries()) {
      const already = granted[index] ?? 0;
      if (crowd.priority !== priority || already >= crowd.count || left <= 0) continue;
      granted[index] = already + 1;
      left -= 1;
      dealt = true;
    }
  }
  return free - left;
}

/** Never permits more than the limit within any 60 seconds. */
export class LocalPermits implements LocalPermitSource {
  /** When the calls of the last minute were permitted, oldest first. */
  #permitted: number[] = [];
  #limit: number;
  readonly #windowMs: number;

  constructor(private readonly options: LocalPermitsOptions) {
    this.#limit = options.callsPerMinute;
    this.#windowMs = options.windowMs ?? MINUTE_MS;
  }

  take(crowds: readonly Crowd[]): Allotment {
    const granted = crowds.map(() => 0);
    for (const priority of PRIORITIES) {
      const free = ceilingOf(priority, this.#limit) - this.recent();
      this.note(deal(crowds, priority, Math.max(0, free), granted));
    }
    const earliestInMs = {
      mutation: this.#earliestInMs("mutation"),
      lookup: this.#earliestInMs("lookup"),
      poll: this.#earliestInMs("poll"),
    };
    const waiting = crowds.filter(({ count }, index) => count > (granted[index] ?? 0));
    const retryInMs = Math.min(this.#windowMs, ...waiting.map(({ priority }) => earliestInMs[priority]));
    return { granted, earliestInMs, retryInMs };
  }

  giveBack(count: number): void {
    if (count > 0) this.#permitted.splice(-count);
  }

  note(count: number): void {
    const now = this.options.clock.now();
    for (let i = 0; i < count; i++) this.#permitted.push(now);
  }

  recent(): number {
    const since = this.options.clock.now() - this.#windowMs;
    const kept = this.#permitted.findIndex((at) => at > since);
    if (kept !== 0) this.#permitted = kept < 0 ? [] : this.#permitted.slice(kept);
    return this.#permitted.length;
  }

  setLimit(callsPerMinute: number): void {
    this.#limit = callsPerMinute;
  }

  #earliestInMs(priority: Priority): number {
    const inTheWay = this.#permitted[this.recent() - ceilingOf(priority, this.#limit)];
    return inTheWay === undefined ? 0 : inTheWay + this.#windowMs - this.options.clock.now();
  }
}
