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
 * @returns whole milliseconds
 */
export function waitMs(counts: WindowCounts, now: number, limit: number): number {
  const elapsed = now % WINDOW_MS;
  const room = limit - counts.current - 1;
  // Whole numbers throughout: a rounded fraction would let the wait be a millisecond off.
  const fadedAfter = (count: number, within: number) =>
    count <= within ? 0 : WINDOW_MS - Math.floor((within * WINDOW_MS) / count);
  if (room >= 0) return Math.max(0, fadedAfter(counts.previous, room) - elapsed);
  // The current minute alone is full: it must first become the previous one, and then fade enough.
  return WINDOW_MS - elapsed + fadedAfter(counts.current, limit - 1);
}
