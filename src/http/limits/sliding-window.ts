/** The limit is per minute. */
export const WINDOW_MS = 60_000;

/** How many operations an identity was admitted with, as far as this process knows. */
export interface WindowCounts {
  /** In the whole minute before. */
  previous: number;
  /** In the minute that runs. */
  current: number;
}

/** The number of the minute that an instant lies in, counted from the epoch: the same on every replica. */
export function windowAt(now: number): number {
  return Math.floor(now / WINDOW_MS);
}

/**
 * How long an identity must wait until one more operation is within the limit; 0 when it is now.
 *
 * The last 60 seconds are estimated as the current minute's count and the previous minute's in proportion to its
 * part in them (the "sliding window counter"), so that nobody gets twice the limit around the turn of a minute.
 *
 * @param limit operations per minute, 1 or more
 * @returns milliseconds, rounded up
 */
export function waitMs(counts: WindowCounts, now: number, limit: number): number {
  const elapsed = now % WINDOW_MS;
  const room = limit - counts.current - 1;
  if (room >= 0) {
    const previousStillCounted = counts.previous * (1 - elapsed / WINDOW_MS);
    if (previousStillCounted <= room) return 0;
    return Math.ceil(WINDOW_MS * (1 - room / counts.previous) - elapsed);
  }
  // The current minute alone is full: it must first become the previous one, and then fade enough.
  const fading = WINDOW_MS * (1 - (limit - 1) / counts.current);
  return Math.ceil(WINDOW_MS - elapsed + Math.max(0, fading));
}
