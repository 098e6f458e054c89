import type { LongId } from "../domain/index.js";

/** Which status a subscriber was last told of each version. Immutable. */
export interface Told {
  get(versionId: LongId): number | undefined;
  with(versionId: LongId, statusCode: number): Told;
}

/** Of the one version that a subscriber is told of. He is handed nothing about another (`Subscriber.push`, `FirstEvents.start`, `resume`). */
class ToldOfOne implements Told {
  constructor(private readonly statusCode: number | undefined) {}

  get(): number | undefined {
    return this.statusCode;
  }

  with(_versionId: LongId, statusCode: number): Told {
    return new ToldOfOne(statusCode);
  }
}

/** The last step from it is remembered, so that thousands of subscribers who are told the same share one object. */
class ToldOfMany implements Told {
  // Weak, or every status ever told would be kept alive by the one before it.
  #step: { versionId: LongId; statusCode: number; next: WeakRef<Told> } | undefined;

  constructor(private readonly codes: ReadonlyMap<LongId, number>) {}

  get(versionId: LongId): number | undefined {
    return this.codes.get(versionId);
  }

  with(versionId: LongId, statusCode: number): Told {
    const step = this.#step;
    const same =
      step?.versionId === versionId && step.statusCode === statusCode ? step.next.deref() : undefined;
    if (same) return same;
    const next = new ToldOfMany(new Map(this.codes).set(versionId, statusCode));
    this.#step = { versionId, statusCode, next: new WeakRef(next) };
    return next;
  }
}

const NOTHING_OF_ONE: Told = new ToldOfOne(undefined);
const NOTHING_OF_MANY: Told = new ToldOfMany(new Map());

/** What a subscriber starts with: of the one version that he is told of, or of all. */
export function nothingTold(versionId: LongId | undefined): Told {
  return versionId === undefined ? NOTHING_OF_MANY : NOTHING_OF_ONE;
}
