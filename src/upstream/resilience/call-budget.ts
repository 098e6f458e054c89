import type { CallOff, Clock } from "../../clock.js";
import { GatewayError } from "../../errors.js";
import type { Crowd, Priority } from "./fair-queue.js";
import type { Allotment, PermitSource } from "./permits.js";
import { type Turn, WaitingRoom } from "./waiting-room.js";

/** Who may call the upstream when its limit is known (UPSTREAM_CALLS_PER_MINUTE). */
export interface CallBudget {
  /**
   * Resolves when one call may be made; undefined where it may at once. Rejects with RATE_LIMITED and `retryAfterMs` when that would be after the turn's
   * deadline or when too many wait, with the signal's reason when that aborts.
   */
  acquire(turn: Turn): Promise<void> | undefined;
  /** Refuses everyone who waits. */
  close(): Promise<void>;
}

/** No limit is known. */
export const unlimitedCallBudget: CallBudget = { acquire: () => undefined, close: async () => {} };

export interface QueuedCallBudgetOptions {
  permits: PermitSource;
  clock: Clock;
  /** So many calls may wait. */
  capacity: number;
  onLength(length: number): void;
}

/** A source is not told of more places at once: those who go last wait a little longer. */
const MAX_CROWDS = 64;

/** A source that finds nothing to give is not asked again at once. */
const MIN_RETRY_MS = 1;

function rateLimited(retryAfterMs: number): GatewayError {
  return new GatewayError(
    "RATE_LIMITED",
    "The calls that ModelArts allows per minute are used up: repeat the operation later.",
    { retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)) },
  );
}

/**
 * Calls wait for permits in the order of the fair queue. The source of permits is asked for all who wait together, and by
 * one at a time, so that a source far away costs few round trips.
 */
export class QueuedCallBudget implements CallBudget {
  readonly #room: WaitingRoom;
  /** When there could be a permit, as last heard (ms since the epoch). */
  #earliestAt: Record<Priority, number> = { mutation: 0, lookup: 0, poll: 0 };
  #asking = false;
  /** Somebody came while the source was being asked. */
  #askAgain = false;
  #wake: { at: number; callOff: CallOff } | undefined;

  constructor(private readonly options: QueuedCallBudgetOptions) {
    const { clock, capacity, onLength } = options;
    const refusal = ({ priority }: Turn) => rateLimited(this.#earliestAt[priority] - clock.now());
    this.#room = new WaitingRoom({ clock, capacity, onLength, refusal });
  }

  async acquire(turn: Turn): Promise<void> {
    const earliest = this.#earliestAt[turn.priority];
    const now = this.options.clock.now();
    if (earliest > turn.deadline) throw rateLimited(earliest - now);
    const admitted = this.#room.wait(turn);
    if (this.#asking) this.#askAgain = true;
    else if (earliest <= now) void this.#ask();
    else this.#wakeAt(earliest);
    return admitted;
  }

  async close(): Promise<void> {
    this.#stopWaking();
    this.#room.refuseAll(
      new GatewayError("UPSTREAM_UNAVAILABLE", "This gateway is shutting down.", { outcome: "not-sent" }),
    );
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#stopWaking();
    let retryInMs = 0;
    do {
      this.#askAgain = false;
      const crowds = this.#room.crowds().slice(0, MAX_CROWDS);
      if (crowds.length === 0) break;
      const allotment = await this.options.permits.take(crowds);
      this.#noteEarliest(allotment);
      this.#admit(crowds, allotment.granted);
      retryInMs = allotment.retryInMs;
    } while (this.#askAgain);
    this.#asking = false;
    this.#refuseLate();
    const { clock } = this.options;
    if (this.#room.size > 0) this.#wakeAt(clock.now() + Math.max(MIN_RETRY_MS, retryInMs));
  }

  #noteEarliest({ earliestInMs }: Allotment): void {
    const now = this.options.clock.now();
    const { mutation, lookup, poll } = earliestInMs;
    this.#earliestAt = { mutation: now + mutation, lookup: now + lookup, poll: now + poll };
  }

  /** In rounds, so that projects take turns also towards what comes after. */
  #admit(crowds: readonly Crowd[], granted: readonly number[]): void {
    let unused = 0;
    for (let round = 0; round < Math.max(...granted); round++) {
      for (const [index, crowd] of crowds.entries()) {
        if (round < (granted[index] ?? 0) && !this.#room.admitFrom(crowd)) unused += 1;
      }
    }
    if (unused > 0) this.options.permits.giveBack(unused);
  }

  /** Nobody waits for what cannot come in time. */
  #refuseLate(): void {
    const now = this.options.clock.now();
    this.#room.refuse(({ priority, deadline }) => {
      const earliest = this.#earliestAt[priority];
      return earliest > deadline ? rateLimited(earliest - now) : undefined;
    });
  }

  /** Asks then, or earlier if that is planned already. */
  #wakeAt(at: number): void {
    if (this.#wake && this.#wake.at <= at) return;
    this.#stopWaking();
    const { clock } = this.options;
    this.#wake = { at, callOff: clock.after(at - clock.now(), () => void this.#ask()) };
  }

  #stopWaking(): void {
    this.#wake?.callOff();
    this.#wake = undefined;
  }
}
