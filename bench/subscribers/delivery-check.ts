import { percentile } from "../statistics.js";
import type { Served } from "../upstream/status-changes.js";
import type { Delivery, Seat } from "./audience.js";

/** How the changes that the upstream showed came to those who watch. */
export interface Verdict {
  changes: number;
  /** Deliveries of changes that are due, one for each change and watcher. */
  due: number;
  delivered: number;
  /** Deliveries of another status than the change at their place, or with a gap. */
  wrong: number;
  /** From the moment at which the upstream sent the change to its delivery. */
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** The same for the first and the last third of the changes: they differ when somebody falls behind. */
  firstThirdP99Ms: number;
  lastThirdP99Ms: number;
}

const keyOf = ({ jobId, versionId }: Seat) => `${jobId}/${versionId}`;

/** How many deliveries there will be once every change has come to everybody who watches its version. */
export function dueDeliveries(seats: readonly Seat[], served: readonly Served[]): number {
  const watchers = new Map<string, number>();
  for (const seat of seats) watchers.set(keyOf(seat), (watchers.get(keyOf(seat)) ?? 0) + 1);
  return served.reduce((sum, change) => sum + (watchers.get(keyOf(change)) ?? 0), 0);
}

/** @param deliveries of each seat, its first event included, which is no change */
export function judge(
  seats: readonly Seat[],
  deliveries: readonly Delivery[][],
  served: readonly Served[],
): Verdict {
  const changesOf = new Map<string, Served[]>();
  for (const change of served) {
    const changes = changesOf.get(keyOf(change)) ?? [];
    changes.push(change);
    changesOf.set(keyOf(change), changes);
  }
  const timed: { servedAt: number; lagMs: number }[] = [];
  let wrong = 0;
  for (const [index, seat] of seats.entries()) {
    const changes = changesOf.get(keyOf(seat)) ?? [];
    for (const [place, delivery] of (deliveries[index] ?? []).slice(1).entries()) {
      const change = changes[place];
      if (change === undefined || change.statusCode !== delivery.statusCode || delivery.gap) wrong += 1;
      else timed.push({ servedAt: change.at, lagMs: delivery.at - change.at });
    }
  }
  timed.sort((a, b) => a.servedAt - b.servedAt);
  const lags = timed.map(({ lagMs }) => lagMs);
  const third = Math.max(1, Math.floor(lags.length / 3));
  return {
    changes: served.length,
    due: dueDeliveries(seats, served),
    delivered: timed.length,
    wrong,
    p50Ms: percentile(lags, 50),
    p99Ms: percentile(lags, 99),
    maxMs: percentile(lags, 100),
    firstThirdP99Ms: percentile(lags.slice(0, third), 99),
    lastThirdP99Ms: percentile(lags.slice(-third), 99),
  };
}
