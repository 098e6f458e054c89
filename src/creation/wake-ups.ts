import type { Clock } from "../clock.js";

/** Those who wait in this process for a key to change. */
export interface WakeUps {
  /** Resolves when the key is woken or after `ms` milliseconds, whichever is first. */
  wait(keyId: string, ms: number): Promise<void>;
  wake(keyId: string): void;
  /** Wakes everybody. */
  close(): void;
}

export function createWakeUps(clock: Clock): WakeUps {
  const waiting = new Map<string, Set<AbortController>>();

  function wake(keyId: string): void {
    for (const waiter of waiting.get(keyId) ?? []) waiter.abort();
  }

  return {
    async wait(keyId, ms) {
      const waiter = new AbortController();
      const waiters = waiting.get(keyId) ?? new Set();
      waiting.set(keyId, waiters.add(waiter));
      // The only reason for which it can reject is the wake-up.
      await clock.sleep(ms, waiter.signal).catch(() => {});
      waiters.delete(waiter);
      if (waiters.size === 0 && waiting.get(keyId) === waiters) waiting.delete(keyId);
    },
    wake,
    close() {
      for (const keyId of waiting.keys()) wake(keyId);
    },
  };
}
