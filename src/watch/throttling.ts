import type { ThrottleState } from "./ports.js";

/** What is kept of a project's 429s. */
export interface ThrottleRecord {
  /** No poll begins before (ms since the epoch, by the store's clock). */
  until: number;
  /** How much intervals were stretched at the time `since`. */
  factor: number;
  since: number;
}

/** The stretching halves with each of these that pass without another 429. */
export const THROTTLE_HALF_LIFE_MS = 60_000;
const MAX_FACTOR = 64;

/** The stretching factor that is left at `now`. */
function factorAt(record: ThrottleRecord | undefined, now: number): number {
  if (!record) return 1;
  return Math.max(1, record.factor / 2 ** ((now - record.since) / THROTTLE_HALF_LIFE_MS));
}

/** Another 429: twice as slow from now on, and silent for as long as the upstream asked. */
export function afterThrottled(
  record: ThrottleRecord | undefined,
  retryAfterMs: number,
  now: number,
): ThrottleRecord {
  // Polls that were under way together are refused together: they are one refusal.
  const isSame = record !== undefined && now < record.until;
  const factor = isSame ? record.factor : Math.min(MAX_FACTOR, factorAt(record, now) * 2);
  return { until: Math.max(record?.until ?? 0, now + retryAfterMs), factor, since: now };
}

export function throttleState(record: ThrottleRecord | undefined, now: number): ThrottleState {
  return { waitMs: Math.max(0, (record?.until ?? 0) - now), factor: factorAt(record, now) };
}
