import type { CacheEvents } from "../../src/cache/events.js";
import type { HttpEvents } from "../../src/http/events.js";
import type { UpstreamEvents } from "../../src/upstream/events.js";
import type { WatchEvents } from "../../src/watch/events.js";

/** Where nobody counts. */
const ignore = () => {};

export const silentCacheEvents: CacheEvents = {
  hit: ignore,
  miss: ignore,
  staleServed: ignore,
  refreshed: ignore,
  coalesced: ignore,
  loaded: ignore,
  proofRenewed: ignore,
  invalidated: ignore,
  storeFailed: ignore,
  channel: ignore,
};

export const silentHttpEvents: HttpEvents = {
  operation: ignore,
  answerRepeated: ignore,
  streamOpened: () => () => {},
};

export const silentUpstreamEvents: UpstreamEvents = {
  attempt: ignore,
  retry: ignore,
  shed: ignore,
  circuit: ignore,
  waiting: ignore,
  login: ignore,
  identityRefused: ignore,
};

export const silentWatchEvents: WatchEvents = {
  subscribers: ignore,
  watches: ignore,
  leases: ignore,
  poll: ignore,
  delivered: ignore,
  collapsed: ignore,
  resumed: ignore,
  gap: ignore,
  proof: ignore,
};
