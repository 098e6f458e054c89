import { ERROR_CODES } from "../errors.js";
import type { HttpEvents } from "../http/events.js";
import type { Instruments } from "./instruments.js";

/** Answers come from a cache in under a millisecond, or from the upstream within its time budget of some seconds. */
const OPERATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

const OUTCOMES: ReadonlySet<string> = new Set([
  "ok",
  ...ERROR_CODES,
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "BAD_REQUEST",
]);

/** Counts what the transports answer. */
export function createHttpMetrics(instruments: Instruments): HttpEvents {
  const operations = instruments.labelledCounter({
    name: "operations_total",
    help: "GraphQL operations by type and outcome: ok, or the code of the first error. Subscriptions when they end.",
    labels: ["type", "outcome"],
  });
  const answersRepeated = instruments.counter({
    name: "answers_repeated_total",
    help: "Queries answered with the answer that an earlier one got, as nothing that it was made from has changed.",
  });
  const durations = instruments.labelledDurations({
    name: "operation_duration_seconds",
    help: "How long operations took, by type; subscriptions are not among them.",
    labels: ["type"],
    buckets: OPERATION_BUCKETS,
  });
  const openStreams = instruments.labelledGauge({
    name: "open_streams",
    help: "Open connections by transport: ws (WebSockets) or sse (event streams).",
    labels: ["transport"],
  });
  for (const transport of ["ws", "sse"]) openStreams.set({ transport }, 0);
  return {
    operation(type, outcome, seconds) {
      operations(type, OUTCOMES.has(outcome) ? outcome : "other");
      if (type !== "subscription") durations(type, seconds);
    },
    answerRepeated: () => answersRepeated(),
    streamOpened(transport) {
      openStreams.inc({ transport });
      return () => openStreams.dec({ transport });
    },
  };
}
