import type { CancelSignal } from "../../cancellation.js";
import type { Clock } from "../../clock.js";
import { type Crowd, FairQueue, type Place } from "./fair-queue.js";

/** A call's wish to go on. */
export interface Turn extends Place {
  /** When it is too late (ms since the epoch). */
  deadline: number;
  signal?: CancelSignal | undefined;
}

interface Waiter extends Place {
  deadline: number;
  admit(): void;
  refuse(error: unknown): void;
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
    return new Promise((resolve, reject) => this.#enqueue(turn, resolve, reject));
  }

  /** Lets the next one go on; false when nobody waits. */
  admitNext(): boolean {
    const waiter = this.#queue.shift();
    waiter?.admit();
    return waiter !== undefined;
  }

  /** Lets the oldest of that place go on; false when nobody waits there. */
  admitFrom(place: Place): boolean {
    const waiter = this.#queue.shiftOf(place);
    waiter?.admit();
    return waiter !== undefined;
  }

  /** Refuses those who wait and for whom there is an error. */
  refuse(errorFor: (waiting: Pick<Turn, "priority" | "deadline">) => Error | undefined): void {
    for (const waiter of this.#queue.items()) {
      const error = errorFor(waiter);
      if (error && this.#queue.remove(waiter)) waiter.refuse(error);
    }
  }

  /** Refuses everyone who waits. */
  refuseAll(error: Error): void {
    for (let waiter = this.#queue.shift(); waiter; waiter = this.#queue.shift()) waiter.refuse(error);
  }

  #makeRoom(turn: Turn): boolean {
    if (this.#queue.size < this.options.capacity) return true;
    const displaced = this.#queue.takeBelow(turn.priority);
    displaced?.refuse(this.options.refusal(turn, "full"));
    return displaced !== undefined;
  }

  #enqueue(turn: Turn, resolve: () => void, reject: (error: unknown) => void): void {
    const { clock, onLength } = this.options;
    const leave = () => {
      callOff();
      turn.signal?.removeEventListener("abort", onAbort);
      onLength(this.#queue.size);
    };
    const waiter: Waiter = {
      priority: turn.priority,
      projectId: turn.projectId,
      deadline: turn.deadline,
      admit() {
        leave();
        resolve();
      },
      refuse(error) {
        leave();
        reject(error);
      },
    };
    const giveUp = (error: unknown) => {
      if (this.#queue.remove(waiter)) waiter.refuse(error);
    };
    const onAbort = () => giveUp(turn.signal?.reason);
    turn.signal?.addEventListener("abort", onAbort, { once: true });
    const callOff = clock.after(Math.max(0, turn.deadline - clock.now()), () =>
      giveUp(this.options.refusal(turn, "late")),
    );
    this.#queue.push(waiter);
    onLength(this.#queue.size);
  }
}
