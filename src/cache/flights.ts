import { Cancellation, type CancelSignal } from "../cancellation.js";
import { createNames } from "../unique.js";
import type { Entry } from "./entry.js";
import type { Findable, Resource } from "./resources.js";

/**
 * How a flight ended. `answer`: with that entry's value, or, without an entry, with what an upstream call of this flight brought.
 * `elsewhere`: its substitute was found, or, without an entry, there is another flight to wait for or to be started.
 */
export type Outcome<V> =
  | { kind: "answer"; value: V | null; entry: Entry<unknown> | undefined }
  | { kind: "elsewhere"; entry: Entry<unknown> | undefined }
  | { kind: "failure"; error: unknown }
  | { kind: "obsolete" };

/** One who waits for the end of a flight. */
interface Waiter {
  resolve(outcome: Outcome<unknown>): void;
  signal: CancelSignal | undefined;
  /** Gives up waiting, for the signal's reason. */
  leave(): void;
}

/** What a flight needs of where it is listed. */
interface Board {
  newLockToken(): string;
  remove(flight: Flight): void;
}

/** One search for an answer, with one credential; whoever asks for the same may wait for it. */
export class Flight {
  /** Taken when the upstream call began. */
  loadSequence: number | undefined;
  /** Whose load in another replica it waits for, and how long at most (ms since the epoch). */
  waitsFor: { token: string; until: number } | undefined;
  readonly #abort = new Cancellation();
  #outcome: Outcome<unknown> | undefined;
  readonly #waiters: Waiter[] = [];
  /** Of the waiters, those who have not left. */
  #waiting = 0;
  #lockToken: string | undefined;

  constructor(
    readonly resource: Resource<unknown>,
    readonly credentialId: string,
    /** True when it passes the caches. */
    readonly fresh: boolean,
    readonly sequence: number,
    /** What would do as well, where the shared tier has it. */
    readonly substitute: Resource<unknown> | undefined,
    private readonly board: Board,
  ) {}

  /** Names this flight as the owner of a lock in the shared store. */
  get lockToken(): string {
    this.#lockToken ??= this.board.newLockToken();
    return this.#lockToken;
  }

  /** Aborts when nobody waits any more for what is still under way. */
  get signal(): CancelSignal {
    return this.#abort;
  }

  /** Waits for the end. Rejects with the signal's reason when it aborts first; the flight goes on for the others. */
  join(signal: CancelSignal | undefined): Promise<Outcome<unknown>> {
    if (this.#outcome !== undefined) return Promise.resolve(this.#outcome);
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal?.reason);
        this.#waiting -= 1;
        if (this.#waiting === 0) this.cancel({ kind: "failure", error: signal?.reason });
      };
      this.#waiters.push({ resolve, signal, leave });
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** The search has come to its end. The first end counts. */
  end(outcome: Outcome<unknown>): void {
    this.board.remove(this);
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    for (const { resolve, signal, leave } of this.#waiters) {
      signal?.removeEventListener("abort", leave);
      resolve(outcome);
    }
    this.#waiters.length = 0;
  }

  /** Ends it before the search does, which is cancelled: those who waited are answered or start anew. */
  cancel(outcome: Outcome<unknown>): void {
    this.end(outcome);
    this.#abort.abort();
  }
}

const NONE: readonly Flight[] = [];

/** The flights under way. It empties itself: a flight is here from its start to its end. */
export class FlightBoard implements Board {
  readonly newLockToken = createNames();
  /** By group; most groups have one at a time. */
  readonly #groups = new Map<string, Flight[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  start(
    resource: Resource<unknown>,
    credentialId: string,
    fresh: boolean,
    sequence: number,
    substitute?: Resource<unknown>,
  ): Flight {
    const flight = new Flight(resource, credentialId, fresh, sequence, substitute, this);
    const group = this.#groups.get(resource.group);
    if (group === undefined) this.#groups.set(resource.group, [flight]);
    else group.push(flight);
    this.#size += 1;
    return flight;
  }

  /** Those that look for this resource. */
  of(resource: Findable): readonly Flight[] {
    return this.#groups.get(resource.group)?.filter((flight) => flight.resource.id === resource.id) ?? NONE;
  }

  /** Ends the flights of the group, or of these parts of it: those who wait start anew. */
  invalidate(group: string, parts?: readonly string[]): void {
    const flights = this.#groups.get(group)?.slice() ?? NONE;
    for (const flight of flights) {
      if (parts === undefined || parts.includes(flight.resource.part)) flight.cancel({ kind: "obsolete" });
    }
  }

  /** The flight has ended. */
  remove(flight: Flight): void {
    const { group: name } = flight.resource;
    const group = this.#groups.get(name);
    const index = group?.indexOf(flight) ?? -1;
    if (group === undefined || index < 0) return;
    this.#size -= 1;
    group.splice(index, 1);
    if (group.length === 0) this.#groups.delete(name);
  }
}
