interface Slot {
  at: number;
  total: number;
  failed: number;
}

/**
 * Counts calls and failed calls of the last `spanMs` milliseconds, exactly: calls of the same millisecond share a
 * slot, so that there are never more than `spanMs` slots.
 */
export class SlidingWindow {
  #slots: Slot[] = [];
  #oldest = 0;
  #total = 0;
  #failed = 0;

  constructor(private readonly spanMs: number) {}

  add(now: number, failed: boolean): void {
    this.#expire(now);
    let slot = this.#slots.at(-1);
    if (slot?.at !== now) {
      slot = { at: now, total: 0, failed: 0 };
      this.#slots.push(slot);
    }
    slot.total += 1;
    this.#total += 1;
    if (!failed) return;
    slot.failed += 1;
    this.#failed += 1;
  }

  count(now: number): { total: number; failed: number } {
    this.#expire(now);
    return { total: this.#total, failed: this.#failed };
  }

  clear(): void {
    this.#slots = [];
    this.#oldest = 0;
    this.#total = 0;
    this.#failed = 0;
  }

  #expire(now: number): void {
    for (let slot = this.#slots[this.#oldest]; slot && slot.at <= now - this.spanMs; ) {
      this.#total -= slot.total;
      this.#failed -= slot.failed;
      slot = this.#slots[++this.#oldest];
    }
    if (this.#oldest * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}
