/** How a poll ended. */
export type PollOutcome =
  | "changed"
  | "unchanged"
  | "throttled"
  | "refused"
  | "not-found"
  | "failed"
  | "discarded";

/** What an operator wants counted about watching. */
export interface WatchEvents {
  /** Gauge: subscriptions of this process. */
  subscribers(count: number): void;
  /** Gauge: jobs that this process watches. */
  watches(count: number): void;
  /** Gauge: leases that this process holds. */
  leases(count: number): void;
  poll(outcome: PollOutcome): void;
  /** An event was handed to a subscriber, `latencyMs` after the poll that observed it was answered. */
  delivered(latencyMs: number): void;
  /** Unread events of a slow reader were dropped in favour of the newest. */
  collapsed(events: number): void;
  /** A subscription began with `after`; `exact` when nothing was missed. */
  resumed(exact: boolean): void;
  /** An event was marked as a gap. */
  gap(): void;
  /** A call was made only to renew a credential's proof of access. */
  proof(outcome: "granted" | "refused" | "failed"): void;
}
