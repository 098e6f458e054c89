import { LRUCache } from "lru-cache";
import { beganLater, type Entry, type Keeper, TextEntry } from "./entry.js";
import type { Fences } from "./fences.js";
import type { Findable, Resource } from "./resources.js";
import { charactersOf } from "./size.js";

// A parsed object takes about this many times its JSON text, the text itself no more than that, keys and bookkeeping a fixed amount.
const BYTES_PER_CHARACTER = 3;
const BYTES_PER_ENTRY = 512;

const sizeOf = (id: string, characters: number) =>
  characters * BYTES_PER_CHARACTER + id.length + BYTES_PER_ENTRY;

/** The answers that this process holds: the least recently used go first when the bound in bytes is reached. */
export class ProcessTier implements Keeper {
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

  /**
   * Keeps the entry unless it was invalidated meanwhile or a later call's answer is there.
   *
   * @param characters of the text that it is kept as, or of its JSON, where that is known
   */
  put<V>(resource: Resource<V>, entry: Entry<V>, characters = charactersOf(entry.value)): void {
    if (entry.ttlMs <= 0 || entry.sequence <= this.#emptiedAt) return;
    if (!this.fences.isCurrent(resource.group, [resource.part], entry.sequence)) return;
    const present = this.get(resource);
    if (present !== undefined && !beganLater(entry, present)) return;
    this.#kept += 1;
    entry.serial = this.#kept;
    const { id } = resource;
    if (entry instanceof TextEntry) entry.keptBy(this, id);
    this.#entries.set(id, entry, { size: sizeOf(id, characters) });
  }

  /** Fields that the text leaves out take their place in the value all the same. */
  hasRead(id: string, entry: Entry<unknown>, value: unknown): void {
    if (this.#entries.peek(id) !== entry) return;
    // The library keeps the size of what is set again as it was.
    this.#entries.delete(id);
    this.#entries.set(id, entry, { size: sizeOf(id, charactersOf(value)) });
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
