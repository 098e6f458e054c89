import { LRUCache } from "lru-cache";
import { beganLater, type Entry } from "./entry.js";
import type { Fences } from "./fences.js";
import type { Findable, Resource } from "./resources.js";
import { charactersOf } from "./size.js";

// A parsed object takes about this many times its JSON text, keys and bookkeeping a fixed amount.
const BYTES_PER_CHARACTER = 3;
const BYTES_PER_ENTRY = 512;

/** The answers that this process holds: the least recently used go first when the bound in bytes is reached. */
export class ProcessTier {
  readonly #entries: LRUCache<string, Entry<unknown>>;
  #emptiedAt = 0;
  #removed = 0;
  #kept = 0;

  constructor(
    private readonly fences: Fences,
    maxBytes: number,
  ) {
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      dispose: () => {
        this.#removed += 1;
      },
    });
  }

  /** Undefined when there is none, or one that was invalidated. */
  get<V>(resource: Resource<V>): Entry<V> | undefined;
  get(resource: Findable): Entry<unknown> | undefined;
  get(resource: Findable): Entry<unknown> | undefined {
    // The id determines the type: it names the kind of resource.
    const entry = this.#entries.get(resource.id);
    if (entry === undefined) return undefined;
    if (this.fences.isCurrent(resource.group, [resource.part], entry.sequence)) return entry;
    this.#entries.delete(resource.id);
    return undefined;
  }

  /** Keeps the entry unless it was invalidated meanwhile or a later call's answer is there. `characters`: its length as JSON, where that is known. */
  put<V>(resource: Resource<V>, entry: Entry<V>, characters = charactersOf(entry.value)): void {
    if (entry.ttlMs <= 0 || entry.sequence <= this.#emptiedAt) return;
    if (!this.fences.isCurrent(resource.group, [resource.part], entry.sequence)) return;
    const present = this.get(resource);
    if (present !== undefined && !beganLater(entry, present)) return;
    const size = characters * BYTES_PER_CHARACTER + resource.id.length + BYTES_PER_ENTRY;
    this.#kept += 1;
    entry.serial = this.#kept;
    this.#entries.set(resource.id, entry, { size });
  }

  delete(resource: Resource<unknown>): void {
    this.#entries.delete(resource.id);
  }

  /** Drops everything; what is being fetched at the moment is not kept either. */
  empty(): void {
    this.#emptiedAt = this.fences.next();
    this.#entries.clear();
  }

  /** How many entries have gone, or were replaced. */
  get removed(): number {
    return this.#removed;
  }

  /** Bytes held, by the estimate that bounds them. */
  get bytes(): number {
    return this.#entries.calculatedSize;
  }
}
