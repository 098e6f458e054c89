import type { Clock } from "../clock.js";
import type { GatewayError } from "../errors.js";
import type { Logger } from "../observability/logger.js";
import type { CreationEvents } from "./events.js";
import { reasonOf, storeFailed } from "./failures.js";
import { UnreadableRecord } from "./format.js";
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
  /** Throws UPSTREAM_UNAVAILABLE: with `dependency: "redis"` while the store is away, and where another release's record is. */
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

  /** Counts and logs a failure of the store; the failure for the caller. */
  function failed(error: unknown, begun: boolean): GatewayError {
    if (error instanceof UnreadableRecord) {
      const { redisKey } = error;
      events.unreadable();
      log.error(
        { event: "idempotency_record_unreadable", redisKey },
        "A record is of another release's format",
      );
    } else {
      events.storeAway();
      log.warn({ event: "idempotency_store_away", reason: reasonOf(error) }, "The store of keys is away");
    }
    return storeFailed(error, begun);
  }

  async function need<T>(begun: boolean, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw failed(error, begun);
    }
  }

  return {
    need,
    async attempt(attempt) {
      const { intent, token, waitedFor } = attempt;
      try {
        return await store.transact(intent.keyId, claim(attempt));
      } catch (error) {
        // The claim may have been written and only its answer lost: nobody would renew it.
        if (!(error instanceof UnreadableRecord))
          void releases.deliver("release", leaseMs, () => store.transact(intent.keyId, release(token)));
        throw failed(error, waitedFor !== undefined);
      }
    },
    hold: (attempt, claimed) => new HeldClaim({ ...options, need, results, releases }, attempt, claimed),
    drain: () => results.drain(),
  };
}
