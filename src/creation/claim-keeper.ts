import type { Clock } from "../clock.js";
import { GatewayError } from "../errors.js";
import type { Logger } from "../observability/logger.js";
import { reasonOf, storeFailed } from "./failures.js";
import type { ClaimedRecord, PostingRecord } from "./record.js";
import type { IdempotencyStore } from "./store.js";
import { renew } from "./transitions.js";

/** Renews one claim as long as this replica lives. */
export interface ClaimKeeper {
  /**
   * Aborts, with the failure for the caller as its reason, when the claim may have become somebody else's. What has not
   * been sent by then must not be sent any more.
   */
  readonly lost: AbortSignal;
  /** The claim as it was last written; written again where the store has lost it. */
  update(record: ClaimedRecord | PostingRecord): void;
  /** Ends the renewal; resolves when no renewal is under way, so that none undoes what is written next. */
  stop(): Promise<void>;
}

export interface ClaimKeeperOptions {
  store: Pick<IdempotencyStore, "transact">;
  clock: Clock;
  log: Logger;
  leaseMs: number;
  renewEveryMs: number;
}

function takenOver(): GatewayError {
  return new GatewayError(
    "UPSTREAM_UNAVAILABLE",
    "Another replica has taken this idempotencyKey over; this request sent nothing. Repeat it with the same key.",
    { outcome: "not-sent" },
  );
}

export function keepClaim(
  options: ClaimKeeperOptions,
  keyId: string,
  claimed: ClaimedRecord | PostingRecord,
): ClaimKeeper {
  const { store, clock, log, leaseMs, renewEveryMs } = options;
  const lost = new AbortController();
  const stopped = new AbortController();
  let mine = claimed;
  let renewedAt = clock.now();

  async function renewOnce(): Promise<void> {
    const began = clock.now();
    try {
      if (await store.transact(keyId, renew(mine, leaseMs))) renewedAt = began;
      else if (!stopped.signal.aborted) lost.abort(takenOver());
    } catch (error) {
      log.debug({ event: "claim_renewal_failed", reason: reasonOf(error) }, "A claim could not be renewed");
      // Nobody can have taken it over before its lease has ended, and nobody may have after that: renewal goes on.
      if (clock.now() - renewedAt >= leaseMs - renewEveryMs) lost.abort(storeFailed(error, false));
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      await clock.sleep(renewEveryMs, stopped.signal).catch(() => {});
      if (stopped.signal.aborted) return;
      await renewOnce();
    }
  }

  const running = run();
  return {
    lost: lost.signal,
    update(record) {
      mine = record;
      renewedAt = clock.now();
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
