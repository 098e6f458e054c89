import type { Clock } from "../clock.js";
import type { Caller, LongId } from "../domain/index.js";
import { createBoundedMap } from "./bounded-map.js";

const MAX_SIGHTINGS = 50_000;

/**
 * Which versions the upstream has recently shown to which credential. Kept apart from answers, because it stays true where
 * those are invalidated: neither creating nor stopping a version takes one away.
 */
export class Sightings {
  readonly #seenAt = createBoundedMap<number>(MAX_SIGHTINGS);

  /** @param ttlMs how long a sighting counts */
  constructor(
    private readonly clock: Clock,
    private readonly ttlMs: number,
  ) {}

  /** The upstream has shown it now. */
  note(caller: Caller, jobId: LongId, versionId: LongId): void {
    this.#seenAt.set(keyOf(caller, jobId, versionId), this.clock.now());
  }

  /** The upstream does not show it. */
  forget(caller: Caller, jobId: LongId, versionId: LongId): void {
    this.#seenAt.delete(keyOf(caller, jobId, versionId));
  }

  /** True when it was shown to this credential within the time that a sighting counts. */
  has(caller: Caller, jobId: LongId, versionId: LongId): boolean {
    const seenAt = this.#seenAt.get(keyOf(caller, jobId, versionId));
    return seenAt !== undefined && this.clock.now() - seenAt < this.ttlMs;
  }
}

function keyOf({ projectId, credentialId }: Caller, jobId: LongId, versionId: LongId): string {
  return `${projectId}/${jobId}/${versionId}|${credentialId}`;
}
