import type { UpstreamEvents } from "../upstream/events.js";
import type { Instruments } from "./instruments.js";

/** The upstream answers in tens of milliseconds to seconds; attempts are given up after UPSTREAM_TIMEOUT_MS. */
const ATTEMPT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts the traffic to the upstream. */
export function createUpstreamMetrics(instruments: Instruments): UpstreamEvents {
  const attempts = instruments.labelledCounter({
    name: "upstream_attempts_total",
    help: "Attempts to call the upstream, by route and outcome: success, cancelled, or an error code.",
    labels: ["route", "outcome"],
  });
  const durations = instruments.labelledDurations({
    name: "upstream_attempt_duration_seconds",
    help: "How long attempts to call the upstream took, by route.",
    labels: ["route"],
    buckets: ATTEMPT_BUCKETS,
  });
  const waiting = new Map<string, number>();
  instruments.observedGauge(
    {
      name: "upstream_waiting",
      help: "Calls that wait for a connection, or for their share of UPSTREAM_CALLS_PER_MINUTE.",
      labels: ["kind"],
    },
    () => waiting,
  );
  return {
    attempt(route, outcome, durationMs) {
      attempts(route, outcome);
      durations(route, durationMs / 1_000);
    },
    retry: instruments.labelledCounter({
      name: "upstream_retries_total",
      help: "Failed attempts that are made again, by route and the error code of the failure.",
      labels: ["route", "reason"],
    }),
    shed: instruments.labelledCounter({
      name: "upstream_shed_total",
      help: "Calls refused here because too many were waiting, or because they waited too long.",
      labels: ["route"],
    }),
    circuit: instruments.labelledCounter({
      name: "upstream_circuit_transitions_total",
      help: "Changes of a circuit, by group of routes and the state that it changed to.",
      labels: ["group", "state"],
    }),
    login: instruments.labelledCounter({
      name: "upstream_logins_total",
      help: "Logins to IAM for a token of this gateway's own, the first and every renewal, by outcome.",
      labels: ["outcome"],
    }),
    identityRefused: instruments.labelledCounter({
      name: "upstream_identity_refusals_total",
      help: "Calls for which the upstream refused this gateway's own identity: made again with a renewed one, or given up.",
      labels: ["then"],
    }),
    waiting: (kind, length) => void waiting.set(kind, length),
  };
}
