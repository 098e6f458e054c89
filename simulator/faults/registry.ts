import type { Effect, Fault, FaultSpec, Target } from "./fault.js";

/** The parts of a request by which a fault is addressed. */
export type Addressed = { [Part in keyof Target]-?: Target[Part] | undefined };

/** An effect that strikes one request. */
export interface Strike {
  effect: Effect;
  /** Resolves when the fault that struck is removed. */
  released: Promise<void>;
}

/** These go with any other fault; the others decide how a request ends. */
const COMBINABLE = new Set<Effect["kind"]>(["latency", "hang", "patch"]);

const PARTS = ["route", "method", "projectId", "jobId", "versionId", "token"] as const;

/** Somebody who waits until the fault has struck so often. */
interface Waiter {
  hits: number;
  /** Ends the waiting, with success unless there is a problem. */
  settle(problem?: string): void;
}

class ActiveFault implements Fault {
  readonly id: number;
  readonly spec: FaultSpec;
  readonly released: Promise<void>;
  hits = 0;
  #seen = 0;
  #release: () => void = () => {};
  readonly #onRemove: () => void;
  readonly #waiting = new Set<Waiter>();

  constructor(id: number, spec: FaultSpec, onRemove: () => void) {
    this.id = id;
    this.spec = spec;
    this.#onRemove = onRemove;
    this.released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** Counts the request when it is the fault's own, and tells whether it is struck. */
  strikes(request: Addressed, random: () => number): boolean {
    const { skip = 0, times = Number.POSITIVE_INFINITY, probability = 1 } = this.spec;
    const isMeant = PARTS.every((part) => this.spec[part] === undefined || this.spec[part] === request[part]);
    if (!isMeant || this.hits >= times) return false;
    this.#seen += 1;
    if (this.#seen <= skip || random() >= probability) return false;
    this.hits += 1;
    for (const waiter of this.#waiting) if (this.hits >= waiter.hits) waiter.settle();
    return true;
  }

  reached(hits: number, deadlineMs = 10_000): Promise<void> {
    if (this.hits >= hits) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (problem?: string) => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        if (problem === undefined) resolve();
        else reject(new Error(`${problem}: the fault has struck ${this.hits} times, not ${hits}`));
      };
      const timer = setTimeout(() => settle(`Not within ${deadlineMs} ms`), deadlineMs);
      const waiter = { hits, settle };
      this.#waiting.add(waiter);
    });
  }

  remove(): void {
    this.#onRemove();
    this.#release();
    for (const waiter of this.#waiting) waiter.settle("Removed before");
  }

  release(): void {
    this.remove();
  }
}

/** The faults that are set at the moment. */
export class FaultRegistry {
  readonly #active = new Map<number, ActiveFault>();
  readonly #random: () => number;
  #lastId = 0;

  /** @param random numbers in [0, 1) for faults with a probability */
  constructor(random: () => number) {
    this.#random = random;
  }

  add(spec: FaultSpec): Fault {
    this.#lastId += 1;
    const id = this.#lastId;
    const fault = new ActiveFault(id, spec, () => this.#active.delete(id));
    this.#active.set(id, fault);
    return fault;
  }

  /** A fault that strikes one request. */
  once(spec: FaultSpec): Fault {
    return this.add({ ...spec, times: 1 });
  }

  /** Removes all faults; what they hold goes on. */
  clear(): void {
    for (const fault of this.#active.values()) fault.remove();
  }

  /** In the order in which they were added. */
  list(): Fault[] {
    return [...this.#active.values()];
  }

  get(id: number): Fault | undefined {
    return this.#active.get(id);
  }

  /**
   * What strikes this request, in the order in which the faults were added: one that decides how it ends, and any that
   * go with it. Those that would decide too wait for another request.
   */
  strike(request: Addressed): Strike[] {
    const strikes: Strike[] = [];
    let isDecided = false;
    for (const fault of this.#active.values()) {
      const decides = !COMBINABLE.has(fault.spec.kind);
      if ((decides && isDecided) || !fault.strikes(request, this.#random)) continue;
      isDecided ||= decides;
      strikes.push({ effect: fault.spec, released: fault.released });
    }
    return strikes;
  }
}
