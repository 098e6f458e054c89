/** What an operator wants counted about creations. */
export interface CreationEvents {
  /** The upstream created a version for a request that sent its POST. */
  created(): void;
  /** A repeat was given the first result. */
  replayed(): void;
  /** An idempotency key was refused: used with another input, or several versions may be its result. */
  conflict(reason: "other-input" | "several-candidates"): void;
  /** A POST ended without an answer that tells whether it created a version. */
  unknownOutcome(): void;
  /** A repeat looked for the version of an earlier POST: found it, found none yet, or found none and may create. */
  reconciled(finding: "found" | "none-yet" | "absent"): void;
  /** A creation with an idempotency key was refused because the store of keys is away. */
  storeAway(): void;
  /** One was refused because its record is of a format that this release cannot read. */
  unreadable(): void;
}
