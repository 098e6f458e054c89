import { type Turn, WaitingRoom, type WaitingRoomOptions } from "./waiting-room.js";

export interface GateOptions extends WaitingRoomOptions {
  /** So many may be inside at the same time. */
  permits: number;
}

/** Lets a number of calls in at the same time; the others wait in a bounded queue. */
export class Gate {
  #free: number;
  readonly #room: WaitingRoom;

  constructor(options: GateOptions) {
    this.#free = options.permits;
    this.#room = new WaitingRoom(options);
  }

  /** Resolves when the call may go in, undefined where it may at once; whoever was let in must {@link leave}. */
  enter(turn: Turn): Promise<void> | undefined {
    if (this.#free === 0) return this.#room.wait(turn);
    this.#free -= 1;
    return undefined;
  }

  leave(): void {
    if (!this.#room.admitNext()) this.#free += 1;
  }

  /** Refuses everyone who waits. */
  refuseAll(error: Error): void {
    this.#room.refuseAll(error);
  }
}
