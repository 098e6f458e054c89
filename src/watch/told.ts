import type { LongId } from "../domain/index.js";

/**
 * Which status a subscriber was last told of each version. Immutable, and the last step from it is remembered, so that
 * thousands of subscribers who are told the same share one object.
 */
export class Told {
  static readonly nothing = new Told(new Map());

  // Weak, or every status ever told would be kept alive by the one before it.
  #step: { versionId: LongId; statusCode: number; next: WeakRef<Told> } | undefined;

  private constructor(private readonly codes: ReadonlyMap<LongId, number>) {}

  get(versionId: LongId): number | undefined {
    return this.codes.get(versionId);
  }

  with(versionId: LongId, statusCode: number): Told {
    const step = this.#step;
    const same =
      step?.versionId === versionId && step.statusCode === statusCode ? step.next.deref() : undefined;
    if (same) return same;
    const next = new Told(new Map(this.codes).set(versionId, statusCode));
    this.#step = { versionId, statusCode, next: new WeakRef(next) };
    return next;
  }
}
