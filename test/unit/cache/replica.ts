import { pino } from "pino";
import {
  type CacheEvents,
  type CacheProofs,
  createLookups,
  createProofs,
  type LookupsOptions,
  type SharedStore,
} from "../../../src/cache/index.js";
import type { Clock } from "../../../src/clock.js";
import type { CacheConfig } from "../../../src/config/index.js";
import type { Caller } from "../../../src/domain/index.js";
import type { Lookups, RequestLookups, UpstreamReads } from "../../../src/ports.js";
import { FakeClock } from "../../support/fake-clock.js";
import { silentCacheEvents } from "../../support/silent-events.js";
import { caller } from "./data.js";
import { ScriptedUpstream } from "./scripted-upstream.js";

export const ACTIVE_MS = 2_000;
export const TERMINAL_MS = 300_000;
export const SPECS_MS = 240_000;
export const PROOF_MS = 60_000;

/** One gateway process as far as lookups go. */
export interface Replica<U extends UpstreamReads = ScriptedUpstream, C extends Clock = FakeClock> {
  lookups: Lookups;
  proofs: CacheProofs;
  upstream: U;
  clock: C;
  /** The lookups of a new operation of this caller. */
  operation(who?: Caller, signal?: AbortSignal): RequestLookups;
}

export interface ReplicaOptions<U, C> {
  upstream: U;
  clock: C;
  /** The replica is alone without one. */
  store?: SharedStore;
  config?: Partial<CacheConfig>;
  proofTtlMs?: number;
  events?: Partial<CacheEvents>;
  lookups?: Partial<Pick<LookupsOptions, "maxBytes" | "upstreamBudgetMs">>;
}

export function replicaWith<U extends UpstreamReads, C extends Clock>(
  options: ReplicaOptions<U, C>,
): Replica<U, C> {
  const { upstream, clock, store, proofTtlMs = PROOF_MS } = options;
  const events = { ...silentCacheEvents, ...options.events };
  const proofs = createProofs({ store, proofTtlMs, clock, events });
  const config: CacheConfig = {
    activeTtlMs: ACTIVE_MS,
    terminalTtlMs: TERMINAL_MS,
    specsTtlMs: SPECS_MS,
    scope: "credential",
    ...options.config,
  };
  const log = pino({ level: "silent" });
  const lookups = createLookups({
    upstream,
    proofs,
    store,
    config,
    clock,
    random: () => 0.5,
    log,
    events,
    ...options.lookups,
  });
  return {
    lookups,
    proofs,
    upstream,
    clock,
    operation: (who = caller(), signal) =>
      lookups.forRequest({ caller: who, requestId: "request-1", ...(signal && { signal }) }),
  };
}

/** A replica whose upstream and clock stand still until the test moves them. */
export function replica(options: Partial<ReplicaOptions<ScriptedUpstream, FakeClock>> = {}): Replica {
  return replicaWith({ upstream: new ScriptedUpstream(), clock: new FakeClock(), ...options });
}
