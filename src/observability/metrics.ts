import { collectDefaultMetrics, Registry } from "prom-client";
import type { CacheEvents } from "../cache/events.js";
import type { CreationEvents } from "../creation/events.js";
import type { HttpEvents } from "../http/events.js";
import type { DependencyState } from "../http/health.js";
import type { UpstreamEvents } from "../upstream/events.js";
import type { WatchEvents } from "../watch/events.js";
import { createCacheMetrics } from "./cache-metrics.js";
import { createCreationMetrics } from "./creation-metrics.js";
import { createHttpMetrics } from "./http-metrics.js";
import { createInstruments } from "./instruments.js";
import { createUpstreamMetrics } from "./upstream-metrics.js";
import { createWatchMetrics } from "./watch-metrics.js";

/** Everything that one process counts, with a registry of its own. */
export interface Metrics {
  /** Of {@link text}. */
  readonly contentType: string;
  /** All metrics in the Prometheus text format. */
  text(): Promise<string>;
  readonly http: HttpEvents;
  readonly cache: CacheEvents;
  readonly upstream: UpstreamEvents;
  readonly watch: WatchEvents;
  readonly creation: CreationEvents;
  /** Tells with every {@link text} which of these are away. */
  observeDependencies(states: readonly Pick<DependencyState, "dependency" | "degradedReason">[]): void;
}

/** Lets the metrics of this process be told together with those of others, and returns how to get all of them as text. */
export type ShareMetrics = (own: Registry) => () => Promise<string>;

/**
 * The metrics of one process: its own start with `modelarts_gateway_`; those of the process itself (CPU, memory,
 * event-loop delay, handles, garbage collection) have the names that dashboards for Node.js expect.
 */
export function createMetrics(share?: ShareMetrics): Metrics {
  const registry = new Registry();
  const instruments = createInstruments(registry);
  collectDefaultMetrics({ register: registry });
  let dependencies: Parameters<Metrics["observeDependencies"]>[0] = [];
  instruments.observedGauge(
    {
      name: "dependency_up",
      help: "1 while Redis or the upstream answers, by the last calls to it; 0 while it is away.",
      labels: ["dependency"],
    },
    () =>
      dependencies.map(({ dependency, degradedReason }) => [
        dependency,
        degradedReason() === undefined ? 1 : 0,
      ]),
  );
  return {
    contentType: registry.contentType,
    text: share?.(registry) ?? (() => registry.metrics()),
    http: createHttpMetrics(instruments),
    cache: createCacheMetrics(instruments),
    upstream: createUpstreamMetrics(instruments),
    watch: createWatchMetrics(instruments),
    creation: createCreationMetrics(instruments),
    observeDependencies: (states) => {
      dependencies = states;
    },
  };
}
