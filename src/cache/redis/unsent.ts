/**
 * Invalidations that Redis has not confirmed. Until it has, what it holds of those groups is not to be trusted.
 * Bounded: with too many, nothing is trusted until all that Redis held at the time has expired.
 */
export class UnsentInvalidations {
  readonly #groups = new Map<string, number>();
  #distrustUntil = Number.NEGATIVE_INFINITY;
  #latest = 0;

  /** @param longestLifeMs how long Redis keeps an entry at most */
  constructor(
    private readonly now: () => number,
    private readonly longestLifeMs: number,
    private readonly maxGroups = 10_000,
  ) {}

  has(group: string): boolean {
    return this.#groups.has(group) || this.now() < this.#distrustUntil;
  }

  add(group: string): void {
    if (!this.#groups.has(group) && this.#groups.size >= this.maxGroups) {
      this.#distrustUntil = this.now() + this.longestLifeMs;
      return;
    }
    this.#latest += 1;
    this.#groups.set(group, this.#latest);
  }

  /** The groups to be invalidated again; each with a mark to confirm it by. */
  list(): [group: string, mark: number][] {
    return [...this.#groups];
  }

  /** Redis has confirmed the group's invalidation; one that was added meanwhile stays. */
  confirm(group: string, mark: number): void {
    if (this.#groups.get(group) === mark) this.#groups.delete(group);
  }
}
