import type { CacheEvents } from "../cache/events.js";
import type { Instruments } from "./instruments.js";

/** Counts what the caches do. */
export function createCacheMetrics(instruments: Instruments): CacheEvents {
  const byKind = (name: string, help: string) =>
    instruments.labelledCounter({ name, help, labels: ["kind"] });
  const hits = instruments.labelledCounter({
    name: "cache_hits_total",
    help: "Lookups answered from a cache, by tier (process, shared) and kind.",
    labels: ["tier", "kind"],
  });
  const coalesced = instruments.labelledCounter({
    name: "cache_coalesced_total",
    help: "Lookups that waited for a call another one made, in this process or in another replica.",
    labels: ["where", "kind"],
  });
  const loads = instruments.labelledCounter({
    name: "cache_loads_total",
    help: "Times that the upstream was asked, by kind and outcome.",
    labels: ["kind", "outcome"],
  });
  const invalidations = instruments.labelledCounter({
    name: "cache_invalidations_total",
    help: "Times that cached answers were dropped, because this replica (local) or another one (remote) said so.",
    labels: ["origin"],
  });
  const storeFailures = instruments.labelledCounter({
    name: "cache_store_failures_total",
    help: "Operations of the shared store that failed or took too long.",
    labels: ["operation"],
  });
  const channelUp = instruments.gauge({
    name: "cache_channel_up",
    help: "1 while the channel that tells of other replicas' invalidations is alive.",
  });
  return {
    hit: hits,
    miss: byKind("cache_misses_total", "Lookups that no cache had a usable answer for."),
    staleServed: byKind("cache_stale_served_total", "Answers past their end that were given all the same."),
    refreshed: byKind("cache_refreshes_total", "Answers past their end that were fetched again."),
    coalesced,
    loaded: loads,
    proofRenewed: byKind(
      "cache_proofs_renewed_total",
      "Calls made only because a proof of access had expired.",
    ),
    invalidated: invalidations,
    storeFailed: storeFailures,
    channel: (alive) => channelUp(alive ? 1 : 0),
  };
}
