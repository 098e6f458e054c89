import type { CancelSignal } from "../../cancellation.js";
import type { CallOff, Clock } from "../../clock.js";
import { type Crowd, FairQueue, type Place } from "./fair-queue.js";

/** A call's wish to go on. */
export interface Turn extends Place {
  /** When it is too late (ms since the epoch). */
  deadline: number;
  signal?: CancelSignal | undefined;
}

/** One call that waits. */
class Waiter implements Place {
  readonly priority: Turn["priority"];
  readonly projectId: string;
  readonly deadline: number;

  constructor(
    readonly turn: Turn,
    readonly admit: () => void,
    readonly refuse: (error: unknown) => void,
    /** Called when the turn's signal aborts. */
    readonly onAbort: () => void,
  ) {
    this.priority = turn.priority;
    this.projectId = turn.projectId;
    this.deadline = turn.deadline;
  }
}

export interface WaitingRoomOptions {
  clock: Clock;
  /** So many may wait. */
  capacity: number;
  /** The error of a turn for which there is no room, or whose deadline has passed. */
  refusal(turn: Turn, reason: "full" | "late"): Error;
  onLength(length: number): void;
}

/**
 * A bounded queue of calls, in the order of {@link FairQueue}. When it is full, a call pushes out one of lower priority,
 * or is refused itself.
 */
export class WaitingRoom {
  readonly #queue = new FairQueue<Waiter>();
  /** One timer for all: it is set for the first deadline, and hardly ever comes to its end. */
  #alarm: { at: number; callOff: CallOff } | undefined;

  constructor(private readonly options: WaitingRoomOptions) {}

  get size(): number {
    return this.#queue.size;
  }

  /** Who waits, in the order in which they are to go on. */
  crowds(): Crowd[] {
    return this.#queue.crowds();
  }

  /** Resolves when the turn has come; rejects with a refusal, or with the signal's reason. */
  wait(turn: Turn): Promise<void> {
    if (turn.signal?.aborted) return Promise.reject(turn.signal.reason);
    if (!this.#makeRoom(turn)) return Promise.reject(this.options.refusal(turn, "full"));
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(turn, resolve, reject, () => this.#giveUp(waiter, turn.signal?.reason));
      turn.signal?.addEventListener("abort", waiter.onAbort, { once: true });
      this.#queue.push(waiter);
      this.#setAlarm(turn.deadline);
      this.options.onLength(this.#queue.size);
    });
  }

  /** Lets the next one go on; false when nobody waits. */
  admitNext(): boolean {
    return this.#admit(this.#queue.shift());
  }

  /** Lets the oldest of that place go on; false when nobody waits there. */
  admitFrom(place: Place): boolean {
    return this.#admit(this.#queue.shiftOf(place));
  }

  /** Refuses those who wait and for whom there is an error. */
  refuse(errorFor: (waiting: Pick<Turn, "priority" | "deadline">) => Error | undefined): void {
    for (const waiter of this.#queue.items()) {
      const error = errorFor(waiter);
      if (error) this.#giveUp(waiter, error);
    }
  }

  /** Refuses everyone who waits. */
  refuseAll(error: Error): void {
    for (let waiter = this.#queue.shift(); waiter; waiter = this.#queue.shift()) {
      this.#left(waiter);
      waiter.refuse(error);
    }
  }

  #makeRoom(turn: Turn): boolean {
    if (this.#queue.size < this.options.capacity) return true;
    const displaced = this.#queue.takeBelow(turn.priority);
    if (displaced === undefined) return false;
    this.#left(displaced);
    displaced.refuse(this.options.refusal(turn, "full"));
    return true;
  }

  #admit(waiter: Waiter | undefined): boolean {
    if (waiter === undefined) return false;
    this.#left(waiter);
    waiter.admit();
    return true;
  }

  #giveUp(waiter: Waiter, error: unknown): void {
    if (!this.#queue.remove(waiter)) return;
    this.#left(waiter);
    waiter.refuse(error);
  }

  /** After it was taken out of the queue. */
  #left({ turn, onAbort }: Waiter): void {
    turn.signal?.removeEventListener("abort", onAbort);
    if (this.#queue.size === 0) this.#stopAlarm();
    this.options.onLength(this.#queue.size);
  }

  #setAlarm(at: number): void {
    if (this.#alarm !== undefined && this.#alarm.at <= at) return;
    this.#stopAlarm();
    const { clock } = this.options;
    const callOff = clock.after(Math.max(0, at - clock.now()), () => this.#refuseLate());
    this.#alarm = { at, callOff };
  }

  #stopAlarm(): void {
    this.#alarm?.callOff();
    this.#alarm = undefined;
  }

  #refuseLate(): void {
    this.#alarm = undefined;
    const now = this.options.clock.now();
    const waiting = this.#queue.items();
    for (const waiter of waiting) {
      if (waiter.deadline <= now) this.#giveUp(waiter, this.options.refusal(waiter.turn, "late"));
    }
    const deadlines = this.#queue.items().map(({ deadline }) => deadline);
    if (deadlines.length > 0) this.#setAlarm(Math.min(...deadlines));
  }
}
