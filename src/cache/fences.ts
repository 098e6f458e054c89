import type { LRUCache } from "lru-cache";
import { createBoundedMap } from "./bounded-map.js";

interface Mark {
  sequence: number;
  at: number;
}

/**
 * The order of loads and invalidations in this process: each takes the next number, and an answer is current when
 * nothing that covers it was invalidated after its number. Bounded: forgetting an old mark only drops more.
 */
export class Fences {
  #sequence = 0;
  #raised = 0;
  #floor: Mark = { sequence: 0, at: Number.NEGATIVE_INFINITY };
  readonly #groups: LRUCache<string, Mark>;
  readonly #parts: LRUCache<string, Mark>;

  constructor(
    private readonly now: () => number,
    maxMarks = 50_000,
  ) {
    // Marks are looked at without being used, so that the ones raised longest ago are forgotten first.
    const forget = (forgotten: Mark) => {
      if (forgotten.sequence > this.#floor.sequence) this.#floor = forgotten;
    };
    this.#groups = createBoundedMap(maxMarks, forget);
    this.#parts = createBoundedMap(maxMarks, forget);
  }

  /** How often something was invalidated. */
  get raised(): number {
    return this.#raised;
  }

  /** A number greater than all before. */
  next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Everything of the group, or of these parts of it, that began until now is not current any more. */
  raise(group: string, parts?: readonly string[]): void {
    this.#raised += 1;
    const mark = { sequence: this.next(), at: this.now() };
    if (parts === undefined) this.#groups.set(group, mark);
    else for (const part of parts) this.#parts.set(nameOf(group, part), mark);
  }

  /** True when neither the group nor one of the parts was invalidated after the number was taken. */
  isCurrent(group: string, parts: readonly string[], sequence: number): boolean {
    if (sequence <= this.#floor.sequence) return false;
    // Most of the time nothing was invalidated recently, and parts seldom are by themselves: their names need not be put together.
    if (this.#groups.size > 0 && sequence <= sequenceOf(this.#groups, group)) return false;
    if (this.#parts.size === 0) return true;
    return parts.every((part) => sequence > sequenceOf(this.#parts, nameOf(group, part)));
  }

  /** True when the whole group may have been invalidated at that instant (ms since the epoch) or later. */
  raisedSince(group: string, instant: number): boolean {
    const at = this.#groups.peek(group)?.at ?? this.#floor.at;
    return at >= instant;
  }
}

function nameOf(group: string, part: string): string {
  return `${group}#${part}`;
}

function sequenceOf(marks: LRUCache<string, Mark>, name: string): number {
  return marks.peek(name)?.sequence ?? 0;
}
