const BASE_MS = 200;
const MAX_EXPONENT = 20;

/** What decides when a failed lookup is tried again. */
export interface Retry {
  /** 0 after the first attempt. */
  attempt: number;
  /** What is left of the budget, in milliseconds. */
  remainingMs: number;
  /** How long the upstream asked to wait. */
  retryAfterMs?: number | undefined;
  /** From 0 to 1. */
  random: () => number;
}

/**
 * Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), on top of what the
 * upstream asked for.
 *
 * @returns milliseconds to wait, or undefined when the budget would be used up by then
 */
export function retryDelayMs({ attempt, remainingMs, retryAfterMs = 0, random }: Retry): number | undefined {
  const jitter = random() * BASE_MS * 2 ** Math.min(attempt, MAX_EXPONENT);
  const delay = retryAfterMs + jitter;
  return delay < remainingMs ? Math.round(delay) : undefined;
}
