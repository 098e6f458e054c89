import type { Clock } from "../clock.js";
import type { Logger } from "../observability/logger.js";
import { reasonOf } from "./failures.js";

/** What must still be written to the store when the store is away. */
export interface Outbox {
  /**
   * Tries at once, and resolves after that first attempt whether it succeeded or not. A failed one is repeated in the
   * background until it succeeds or `giveUpAfterMs` have passed. Never rejects.
   */
  deliver(what: string, giveUpAfterMs: number, attempt: () => Promise<void>): Promise<void>;
  /** Resolves when nothing is left to write. */
  drain(): Promise<void>;
}

export interface OutboxOptions {
  clock: Clock;
  log: Logger;
  /** Beyond that many, what fails once is not repeated. */
  maxPending: number;
}

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 5_000;

export function createOutbox({ clock, log, maxPending }: OutboxOptions): Outbox {
  const pending = new Set<Promise<void>>();

  async function attemptOnce(what: string, attempt: () => Promise<void>): Promise<boolean> {
    try {
      await attempt();
      return true;
    } catch (error) {
      log.debug(
        { event: "idempotency_write_failed", what, reason: reasonOf(error) },
        "The store of keys is away",
      );
      return false;
    }
  }

  async function repeat(what: string, giveUpAfterMs: number, attempt: () => Promise<void>): Promise<void> {
    const end = clock.now() + giveUpAfterMs;
    for (let delay = FIRST_DELAY_MS; clock.now() < end; delay = Math.min(2 * delay, MAX_DELAY_MS)) {
      await clock.sleep(delay);
      if (await attemptOnce(what, attempt)) return;
    }
    log.error(
      { event: "idempotency_write_given_up", what },
      "What the store of keys should know was not written",
    );
  }

  return {
    async deliver(what, giveUpAfterMs, attempt) {
      if (await attemptOnce(what, attempt)) return;
      if (pending.size >= maxPending) {
        log.error({ event: "idempotency_write_dropped", what }, "Too much waits for the store of keys");
        return;
      }
      const repeated = repeat(what, giveUpAfterMs, attempt).finally(() => pending.delete(repeated));
      pending.add(repeated);
    },
    async drain() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}
