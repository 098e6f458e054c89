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
  readonly #marks = new Map<string, Mark>();

  constructor(
    private readonly now: () => number,
    private readonly maxMarks = 50_000,
  ) {}

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
    if (parts === undefined) this.#set(group, mark);
    else for (const part of parts) this.#set(`${group}#${part}`, mark);
  }

  /** True when neither the group nor one of the parts was invalidated after the number was taken. */
  isCurrent(group: string, parts: readonly string[], sequence: number): boolean {
    if (sequence <= this.#floor.sequence) return false;
    // Most of the time nothing was invalidated of late, and names need not be put together.
    if (this.#marks.size === 0) return true;
    if (sequence <= this.#sequenceOf(group)) return false;
    return parts.every((part) => sequence > this.#sequenceOf(`${group}#${part}`));
  }

  /** True when the whole group may have been invalidated at that instant (ms since the epoch) or later. */
  raisedSince(group: string, instant: number): boolean {
    const at = this.#marks.get(group)?.at ?? this.#floor.at;
    return at >= instant;
  }

  #sequenceOf(name: string): number {
    return this.#marks.get(name)?.sequence ?? 0;
  }

  #set(name: string, mark: Mark): void {
    this.#marks.delete(name);
    this.#marks.set(name, mark);
    if (this.#marks.size <= this.maxMarks) return;
    for (const [oldest, forgotten] of this.#marks) {
      this.#marks.delete(oldest);
      this.#floor = forgotten;
      break;
    }
  }
}
