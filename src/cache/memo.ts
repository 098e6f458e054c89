import type { Fences } from "./fences.js";

/** What an operation remembers under, and which invalidations make it forget. */
export interface MemoKey {
  id: string;
  group: string;
  parts: readonly string[];
}

/** A DataLoader's memory that does not outlive an invalidation. */
export class FencedMemo<V> {
  /** Absent until there is something to remember. */
  #remembered: Map<string, { value: V; sequence: number }> | undefined;

  constructor(private readonly fences: Fences) {}

  get(key: MemoKey): V | undefined {
    const found = this.#remembered?.get(key.id);
    if (found === undefined || !this.fences.isCurrent(key.group, key.parts, found.sequence)) return undefined;
    return found.value;
  }

  set(key: MemoKey, value: V): void {
    this.#remembered ??= new Map();
    this.#remembered.set(key.id, { value, sequence: this.fences.next() });
  }

  /** Remembers under `to` what is remembered under `from`, as old as it is. */
  copy(from: MemoKey, to: MemoKey): void {
    const found = this.#remembered?.get(from.id);
    if (found !== undefined) this.#remembered?.set(to.id, found);
  }

  delete(key: MemoKey): void {
    this.#remembered?.delete(key.id);
  }

  clear(): void {
    this.#remembered?.clear();
  }
}
