import type { Caller } from "../domain/index.js";
import type { Ingredients } from "../ports.js";
import type { Core } from "./core.js";
import type { Entry } from "./entry.js";
import type { Named } from "./proofs.js";
import type { Findable, Resource } from "./resources.js";

interface Given {
  resource: Resource<unknown>;
  entry: Entry<unknown>;
}

interface Ingredient {
  resource: Findable;
  /** The entry's, not the entry itself: what the tier has let go of must not be kept in memory by what was made from it. */
  serial: number;
}

/** What the lookups of one operation gave it. */
export class Trail {
  #given: Map<string, Given> | undefined;
  #isRepeatable = true;

  constructor(
    private readonly core: Core,
    private readonly caller: Caller,
  ) {}

  /** Notes whose value a lookup gave, or may give. */
  note(resource: Resource<unknown>, entry: Entry<unknown>): void {
    if (!this.#isRepeatable) return;
    this.#given ??= new Map();
    const before = this.#given.get(resource.id);
    if (before !== undefined && before.entry !== entry) this.notRepeatable();
    else this.#given.set(resource.id, { resource, entry });
  }

  /**
   * Notes that the operation got, or was refused, something that no cache may tell again: what had to be fresh, or a failure. Likewise
   * what the upstream was just asked for: much is asked for only once, and its answers would take memory in vain.
   */
  notRepeatable(): void {
    this.#isRepeatable = false;
    this.#given = undefined;
  }

  /** What the operation was made from; undefined when not all of it is cached in this process as it was given. */
  ingredients(): Ingredients | undefined {
    if (this.#given === undefined) return undefined;
    const entries: Ingredient[] = [];
    for (const { resource, entry } of this.#given.values()) {
      if (this.core.tier.get(resource) !== entry) return undefined;
      const { id, group, part, subject } = resource;
      entries.push({ resource: { id, group, part, subject }, serial: entry.serial });
    }
    const { projectId, credentialId } = this.caller;
    return new CachedIngredients(this.core, { projectId, credentialId }, entries);
  }
}

/** An ingredient and its names. */
const BYTES_PER_INGREDIENT = 512;

/** The revision of a core that has none: nothing was looked at yet. */
const NEVER = -1;

/**
 * Entries of the process's tier. They hold while each of them is what a lookup would find and give; looked at one by one only when
 * something was dropped, replaced or revoked since, or when the first of them comes to its end.
 */
class CachedIngredients implements Ingredients {
  #revision = NEVER;
  /** In ms since the epoch. */
  #until = 0;

  constructor(
    private readonly core: Core,
    private readonly caller: Named,
    private readonly entries: readonly Ingredient[],
  ) {}

  get bytes(): number {
    return this.entries.length * BYTES_PER_INGREDIENT;
  }

  hold(): boolean {
    const { clock, store } = this.core.options;
    const isAsSeen = this.#revision === this.core.revision && store?.isTold() !== false;
    return (isAsSeen && clock.now() < this.#until) || this.#look();
  }

  #look(): boolean {
    let until = Number.POSITIVE_INFINITY;
    for (const { resource, serial } of this.entries) {
      const entry = this.core.tier.get(resource);
      if (entry === undefined || entry.serial !== serial) return false;
      if (!this.core.mayGive(this.caller, resource, entry)) return false;
      const givenUntil = Math.min(
        entry.answeredAt + entry.ttlMs,
        this.core.mayHaveUntil(this.caller, resource, entry),
      );
      until = Math.min(until, givenUntil);
    }
    this.#until = until;
    this.#revision = this.core.revision;
    return true;
  }
}
