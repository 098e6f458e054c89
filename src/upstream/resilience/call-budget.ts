import type { Clock } from "../../clock.js";
import { GatewayError } from "../../errors.js";
import type { Priority } from "./fair-queue.js";
import { type Turn, WaitingRoom } from "./waiting-room.js";

/**
 * Who may call the upstream when its limit is known (UPSTREAM_CALLS_PER_MINUTE): the limit holds for the whole replica
 * set, so that an implementation may have to ask a shared store; one that cannot reach it should let calls pass at this
 * replica's share rather than refuse them.
 */
export interface CallBudget {
  /**
   * Resolves when one call may be made. Rejects with RATE_LIMITED and `retryAfterMs` when that would be after the turn's
   * deadline or when too many wait, with the signal's reason when that aborts.
   */
  acquire(turn: Turn): Promise<void>;
  /** Refuses everyone who waits. */
  close(): Promise<void>;
}

/** No limit is known. */
export const unlimitedCallBudget: CallBudget = { acquire: async () => {}, close: async () => {} };

export interface MemoryCallBudgetOptions {
  callsPerMinute: number;
  clock: Clock;
  /** So many calls may wait. */
  capacity: number;
  onLength(length: number): void;
}

const MINUTE_MS = 60_000;

/** Parts of the limit that lookups, and polls, leave to what goes before them. */
const RESERVED_FROM: Record<Priority, number> = { mutation: 0, lookup: 0.1, poll: 0.25 };

function rateLimited(retryAfterMs: number): GatewayError {
  return new GatewayError(
    "RATE_LIMITED",
    "The calls that ModelArts allows per minute are used up: repeat the operation later.",
    { retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)) },
  );
}

/**
 * The budget of a single replica: never more than the limit within any 60 seconds. A tenth of it is kept for mutations
 * and a quarter for mutations and lookups, so that neither waits a minute behind a burst of polls.
 */
export class MemoryCallBudget implements CallBudget {
  /** When the calls of the last minute were granted, oldest first. */
  #granted: number[] = [];
  readonly #room: WaitingRoom;
  #wake: { at: number; cancel: AbortController } | undefined;

  constructor(private readonly options: MemoryCallBudgetOptions) {
    this.#room = new WaitingRoom({
      clock: options.clock,
      capacity: options.capacity,
      onLength: options.onLength,
      refusal: (turn) => rateLimited(this.#earliest(turn.priority) - options.clock.now()),
    });
  }

  async acquire(turn: Turn): Promise<void> {
    const { clock } = this.options;
    const earliest = this.#earliest(turn.priority);
    if (earliest > turn.deadline) throw rateLimited(earliest - clock.now());
    if (this.#room.size === 0 && earliest <= clock.now()) return this.#grant();
    const admitted = this.#room.wait(turn);
    this.#admit();
    return admitted;
  }

  async close(): Promise<void> {
    this.#wake?.cancel.abort();
    this.#room.refuseAll(
      new GatewayError("UPSTREAM_UNAVAILABLE", "This gateway is shutting down.", { outcome: "not-sent" }),
    );
  }

  #ceiling(priority: Priority): number {
    const { callsPerMinute } = this.options;
    return Math.max(1, Math.floor(callsPerMinute * (1 - RESERVED_FROM[priority])));
  }

  /** When a call of that priority may be made if nobody goes before it; now or earlier when it may at once. */
  #earliest(priority: Priority): number {
    const now = this.options.clock.now();
    const kept = this.#granted.findIndex((at) => at > now - MINUTE_MS);
    if (kept !== 0) this.#granted = kept < 0 ? [] : this.#granted.slice(kept);
    const inTheWay = this.#granted[this.#granted.length - this.#ceiling(priority)];
    return inTheWay === undefined ? now : inTheWay + MINUTE_MS;
  }

  #grant(): void {
    this.#granted.push(this.options.clock.now());
  }

  /** Lets in whoever may go now, and comes back when the next one may. */
  #admit(): void {
    for (let next = this.#room.nextPriority(); next; next = this.#room.nextPriority()) {
      const earliest = this.#earliest(next);
      if (earliest > this.options.clock.now()) {
        this.#wakeAt(earliest);
        return;
      }
      this.#grant();
      this.#room.admitNext();
    }
  }

  #wakeAt(at: number): void {
    if (this.#wake && this.#wake.at <= at) return;
    this.#wake?.cancel.abort();
    const wake = { at, cancel: new AbortController() };
    this.#wake = wake;
    this.options.clock.sleep(at - this.options.clock.now(), wake.cancel.signal).then(
      () => {
        if (this.#wake === wake) this.#wake = undefined;
        this.#admit();
      },
      () => {},
    );
  }
}
