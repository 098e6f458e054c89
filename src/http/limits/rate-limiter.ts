import { LRUCache } from "lru-cache";
import type { Clock } from "../../clock.js";
import { GatewayError } from "../../errors.js";
import type { Logger } from "../../observability/logger.js";
import { type Account, type CounterStore, Settlement, turnTo } from "./settlement.js";
import { waitMs, windowAt } from "./sliding-window.js";

/** Counts operations per identity. */
export interface RateLimiter {
  /** Counts one operation of whoever `quotaKey` stands for. Throws RATE_LIMITED, with `retryAfterMs`, beyond the limit. */
  consume(quotaKey: string): void;
  /** Counts one and is true; false, and nothing counted, beyond the limit. */
  admits(quotaKey: string): boolean;
  /** Tells the other replicas what they do not know yet, and stops. */
  close(): Promise<void>;
}

export interface RateLimiterOptions {
  /** Operations per minute and identity over all replicas; 0: no limit. */
  perMinute: number;
  /** Shared by the replicas; without it each counts for itself. */
  redis?: CounterStore;
  clock: Clock;
  log: Logger;
  /** Identities remembered in this process; the ones that asked longest ago are forgotten first. */
  maxIdentities?: number;
}

const UNLIMITED: RateLimiter = { consume() {}, admits: () => true, async close() {} };

/**
 * A rate limiter that never waits for Redis: it decides by what it knows and settles with the other replicas every
 * 100 ms. (rate-limiter-flexible makes a round trip for each decision.) While Redis is away it goes on with this
 * process's own counts.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { perMinute, redis, clock, log, maxIdentities = 50_000 } = options;
  if (perMinute === 0) return UNLIMITED;
  const settlement = redis && new Settlement(redis, clock, log);
  const accounts = new LRUCache<string, Account>({
    max: maxIdentities,
    dispose: (account) => settlement?.forget(account),
  });

  function accountOf(quotaKey: string, window: number): Account {
    const known = accounts.get(quotaKey);
    const account = known ?? { quotaKey, window, previous: 0, previousIsFinal: false, current: 0 };
    if (known === undefined) accounts.set(quotaKey, account);
    turnTo(account, window);
    return account;
  }

  /** Counts one and returns 0; beyond the limit only how long to wait, in ms. */
  function take(quotaKey: string): number {
    const now = clock.now();
    const account = accountOf(quotaKey, windowAt(now));
    const retryAfterMs = waitMs(account, now, perMinute);
    if (retryAfterMs > 0) return retryAfterMs;
    account.current += 1;
    settlement?.add(account);
    return 0;
  }

  return {
    consume(quotaKey) {
      const retryAfterMs = take(quotaKey);
      if (retryAfterMs === 0) return;
      const message = `More than ${perMinute} operations in a minute: try again in ${retryAfterMs} ms.`;
      throw new GatewayError("RATE_LIMITED", message, { retryAfterMs });
    },
    admits: (quotaKey) => take(quotaKey) === 0,
    async close() {
      await settlement?.close();
    },
  };
}
