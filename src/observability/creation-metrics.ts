import type { CreationEvents } from "../creation/events.js";
import type { Instruments } from "./instruments.js";

/** Counts what becomes of creations. */
export function createCreationMetrics(instruments: Instruments): CreationEvents {
  return {
    created: instruments.counter({
      name: "creation_created_total",
      help: "Versions that the upstream created.",
    }),
    replayed: instruments.counter({
      name: "creation_replayed_total",
      help: "Repeats that were given the first result of their idempotency key.",
    }),
    conflict: instruments.labelledCounter({
      name: "creation_conflicts_total",
      help: "Idempotency keys that were refused, by reason.",
      labels: ["reason"],
    }),
    unknownOutcome: instruments.counter({
      name: "creation_unknown_outcomes_total",
      help: "Creations that ended without an answer that tells whether a version was created.",
    }),
    reconciled: instruments.labelledCounter({
      name: "creation_reconciliations_total",
      help: "Searches for the version of an earlier creation, by finding.",
      labels: ["finding"],
    }),
    storeAway: instruments.counter({
      name: "creation_store_away_total",
      help: "Creations with an idempotency key that were refused because Redis was away.",
    }),
    unreadable: instruments.counter({
      name: "creation_unreadable_total",
      help: "Creations with an idempotency key that were refused because another release wrote its record in another format.",
    }),
  };
}
