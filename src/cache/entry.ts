import type { Source } from "../ports.js";
import type { StoredEntry } from "./store.js";

/** When an answer was asked for and given. Instants are in milliseconds since the epoch. */
export interface EntryTimes {
  beganAt: number;
  answeredAt: number;
  /** Fresh for this long after `answeredAt`. */
  ttlMs: number;
  /** Taken before the answer was asked for, from the store or the upstream: see Fences. */
  sequence: number;
  /** Taken when this process began the upstream call; 0 when the answer came from elsewhere. */
  loadSequence: number;
}

/** An answer in this process. */
export interface Entry<V> extends EntryTimes {
  readonly value: V;
  /** Given by the tier that keeps it: no two have the same. */
  serial: number;
}

/** Told the value of an entry of its own when its text is read: from then on the entry takes more memory. */
export interface Keeper {
  hasRead(id: string, entry: Entry<unknown>, value: unknown): void;
}

/**
 * An answer that is kept as the text that it came as, until somebody asks for it again: much is asked for only once, and a text is one
 * object to look after where the value can be thousands.
 */
export class TextEntry<V> implements Entry<V> {
  readonly beganAt: number;
  readonly answeredAt: number;
  readonly ttlMs: number;
  readonly sequence: number;
  readonly loadSequence: number;
  serial = 0;
  #keeper: Keeper | undefined;
  /** Under which the keeper keeps it. */
  #id = "";
  #source: Source<V> | undefined;
  #value: V | undefined;

  constructor(source: Source<V>, times: EntryTimes) {
    this.#source = source;
    this.beganAt = times.beganAt;
    this.answeredAt = times.answeredAt;
    this.ttlMs = times.ttlMs;
    this.sequence = times.sequence;
    this.loadSequence = times.loadSequence;
  }

  /** Told by who keeps it. */
  keptBy(keeper: Keeper, id: string): void {
    this.#keeper = keeper;
    this.#id = id;
  }

  /** Read when it is asked for first, the same object from then on. */
  get value(): V {
    return this.#source === undefined ? (this.#value as V) : this.#read(this.#source);
  }

  #read(source: Source<V>): V {
    const value = source.read();
    this.#value = value;
    this.#source = undefined;
    this.#keeper?.hasRead(this.#id, this, value);
    this.#keeper = undefined;
    return value;
  }
}

/** `stale` answers may be given only while somebody fetches a newer one. */
export type Freshness = "fresh" | "stale" | "over";

/** How an entry stands at `now`; `graceMs` is how long past its end it may still be given. */
export function freshnessOf(entry: Entry<unknown>, now: number, graceMs: number): Freshness {
  const age = now - entry.answeredAt;
  if (age < entry.ttlMs) return "fresh";
  return age < entry.ttlMs + graceMs ? "stale" : "over";
}

/** True when the upstream call of `a` began after that of `b`; instants decide only where the two are not this process's. */
export function beganLater(a: Entry<unknown>, b: Entry<unknown>): boolean {
  if (a.loadSequence > 0 && b.loadSequence > 0) return a.loadSequence > b.loadSequence;
  return a.beganAt > b.beganAt;
}

/** Undefined when the stored text is no JSON. */
export function entryFromStore<V>(stored: StoredEntry, sequence: number): Entry<V> | undefined {
  try {
    const value: V = JSON.parse(stored.json);
    const { beganAt, answeredAt, ttlMs } = stored;
    return { value, beganAt, answeredAt, ttlMs, sequence, loadSequence: 0, serial: 0 };
  } catch {
    return undefined;
  }
}
