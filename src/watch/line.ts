import type { LongId } from "../domain/index.js";
import { applyChange } from "./changes.js";
import type { Beginning, HistoryEntry, Position, Snapshot, VersionState } from "./ports.js";

/** How many of the last entries a replica keeps at most, to serve those who come back and to restore a history that was lost. */
const MAX_TAIL = 256;

/** A replica's own copy of what a job's history, once a poll has been taken in, says up to a point. */
export class Line {
  #incarnation: string;
  #seq: number;
  #states: Map<LongId, VersionState>;
  #tail: HistoryEntry[] = [];
  readonly #tailLength: number;

  /** @param historyLength STATUS_HISTORY_LENGTH: what the history has trimmed is not told from here either */
  constructor({ head, states }: Snapshot, historyLength: number) {
    this.#tailLength = Math.min(historyLength, MAX_TAIL);
    this.#incarnation = head.incarnation;
    this.#seq = head.seq;
    this.#states = new Map(states);
  }

  get position(): Position {
    return { incarnation: this.#incarnation, seq: this.#seq };
  }

  get states(): ReadonlyMap<LongId, VersionState> {
    return this.#states;
  }

  /** Takes the next entry. */
  add(entry: HistoryEntry): void {
    this.#seq = entry.seq;
    applyChange(this.#states, entry);
    this.#tail.push(entry);
    if (this.#tail.length > this.#tailLength) this.#tail.shift();
  }

  /** The history goes on under another name. `seq`: the last number that both have in common. */
  rename({ incarnation, seq }: Position): void {
    this.#incarnation = incarnation;
    this.#seq = seq;
    this.#tail = this.#tail.filter((entry) => entry.seq <= seq);
  }

  /** What follows `seq`, when this copy reaches back that far. */
  after(seq: number): HistoryEntry[] | undefined {
    const first = this.#tail[0]?.seq ?? this.#seq + 1;
    return seq + 1 >= first && seq <= this.#seq ? this.#tail.filter((entry) => entry.seq > seq) : undefined;
  }

  /** A history to go on from when the store has lost it. */
  beginning(incarnation: string): Beginning {
    return {
      incarnation,
      seq: this.#seq,
      origin: this.position,
      seeded: true,
      states: new Map(this.#states),
      entries: [...this.#tail],
    };
  }
}

/** A history that nothing is known of. */
export function emptyBeginning(incarnation: string): Beginning {
  return { incarnation, seq: 0, origin: null, seeded: false, states: new Map(), entries: [] };
}

/** Whether a poll has been taken in, and everything that was appended may be told. */
export function isSettled({ head }: Snapshot): boolean {
  return head.seeded && head.announced === head.seq;
}
