import type { Clock } from "../clock.js";
import type { Logger } from "../observability/logger.js";
import type { CreationEvents } from "./events.js";
import { reasonOf, storeAway } from "./failures.js";
import { HeldClaim } from "./held-claim.js";
import { createOutbox } from "./outbox.js";
import type { ClaimedRecord } from "./record.js";
import type { IdempotencyStore } from "./store.js";
import { type ClaimAttempt, type ClaimReply, claim, release } from "./transitions.js";

export interface ClaimsOptions {
  store: IdempotencyStore;
  upstreamTimeoutMs: number;
  clock: Clock;
  log: Logger;
  events: CreationEvents;
  /** How long a claim outlives the last renewal. */
  leaseMs: number;
  renewEveryMs: number;
}

const MAX_PENDING_RESULTS = 10_000;
const MAX_PENDING_RELEASES = 1_000;

/** Claims of idempotency keys. */
export interface Claims {
  /** Throws UPSTREAM_UNAVAILABLE with `dependency: "redis"` while the store is away. */
  attempt(attempt: ClaimAttempt): Promise<ClaimReply>;
  /** Starts to renew what {@link attempt} has claimed. */
  hold(attempt: ClaimAttempt, claimed: ClaimedRecord): HeldClaim;
  /** Runs a step that cannot be done without the store; throws as {@link attempt} does. */
  need<T>(begun: boolean, step: () => Promise<T>): Promise<T>;
  /** Resolves when no result is left to be written to the store. */
  drain(): Promise<void>;
}

export function createClaims(options: ClaimsOptions): Claims {
  const { store, clock, log, events, leaseMs } = options;
  const results = createOutbox({ clock, log, maxPending: MAX_PENDING_RESULTS });
  // Apart from the results, so that claims which nobody could write do not crowd them out.
  const releases = createOutbox({ clock, log, maxPending: MAX_PENDING_RELEASES });

  async function need<T>(begun: boolean, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      events.storeAway();
      log.warn({ event: "idempotency_store_away", reason: reasonOf(error) }, "The store of keys is away");
      throw storeAway(error, begun);
    }
  }

  return {
    need,
    async attempt(attempt) {
      const { intent, token, waitedFor } = attempt;
      try {
        return await need(waitedFor !== undefined, () => store.transact(intent.keyId, claim(attempt)));
      } catch (error) {
        // The claim may have been written and only its answer lost: nobody would renew it.
        void releases.deliver("release", leaseMs, () => store.transact(intent.keyId, release(token)));
        throw error;
      }
    },
    hold: (attempt, claimed) => new HeldClaim({ ...options, need, results, releases }, attempt, claimed),
    drain: () => results.drain(),
  };
}
