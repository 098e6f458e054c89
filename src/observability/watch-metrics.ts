import type { WatchEvents } from "../watch/events.js";
import type { Instruments } from "./instruments.js";

/** A change is told within milliseconds; a slow reader or a lost Redis can make it seconds. */
const DELIVERY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts what watching does. */
export function createWatchMetrics(instruments: Instruments): WatchEvents {
  const latency = instruments.durations({
    name: "watch_delivery_latency_seconds",
    help: "From the answer to the poll that observed a change until a subscriber was handed it.",
    buckets: DELIVERY_BUCKETS,
  });
  const resumes = instruments.labelledCounter({
    name: "watch_resumes_total",
    help: "Subscriptions that began with a cursor: exact, or gap when changes may have been missed.",
    labels: ["result"],
  });
  return {
    subscribers: instruments.gauge({ name: "watch_subscribers", help: "Subscriptions of this process." }),
    watches: instruments.gauge({ name: "watch_jobs", help: "Jobs that this process watches." }),
    leases: instruments.gauge({ name: "watch_leases", help: "Jobs that this process polls." }),
    poll: instruments.labelledCounter({
      name: "watch_polls_total",
      help: "Polls of watched jobs by outcome.",
      labels: ["outcome"],
    }),
    delivered: (latencyMs) => latency(latencyMs / 1_000),
    collapsed: instruments.counter({
      name: "watch_collapsed_events_total",
      help: "Unread events of slow readers that were dropped in favour of newer ones.",
    }),
    resumed: (exact) => resumes(exact ? "exact" : "gap"),
    gap: instruments.counter({ name: "watch_gaps_total", help: "Events marked as a gap." }),
    proof: instruments.labelledCounter({
      name: "watch_proofs_total",
      help: "Calls made only to renew a subscriber's proof of access, by outcome.",
      labels: ["outcome"],
    }),
  };
}
