import type { WatchConfig } from "../config/index.js";

const TERMINAL_INTERVAL_MS = 60_000;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;

/** A job is asked for again after this part of the time that nothing has changed. */
const CALM_PART = 0.1;

export interface PaceInput {
  config: WatchConfig;
  random: () => number;
  /** How long nothing has changed. */
  calmMs: number;
  /** True when no version's status can change by itself. */
  allTerminal: boolean;
  /** How many polls failed in a row. */
  failures: number;
  /** How much the project's polls are stretched after a 429. */
  factor: number;
}

/**
 * Milliseconds from one poll to the next: a tenth of the time for which nothing has changed, between the two configured
 * intervals, so that a change is seen late only in proportion to how long it was waited for. At least a minute when
 * every version is terminal.
 */
export function nextPollMs({ config, random, calmMs, allTerminal, failures, factor }: PaceInput): number {
  const { pollIntervalMs: base, maxPollIntervalMs: max } = config;
  if (allTerminal) return Math.max(TERMINAL_INTERVAL_MS, max) * factor * (1 + 0.1 * random());
  const adapted = Math.max(base, calmMs * CALM_PART, failures > 0 ? base * 2 ** Math.min(failures, 10) : 0);
  return Math.min(max, adapted * (0.9 + 0.2 * random())) * factor;
}

/** Milliseconds before a call that failed is made again, with jitter. */
export function backoffMs(failures: number, random: () => number): number {
  const ceiling = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 10));
  return ceiling * (0.5 + 0.5 * random());
}
