import type { Clock } from "../clock.js";
import type { CacheConfig } from "../config/index.js";
import type { Caller, JobWithVersions, LongId } from "../domain/index.js";
import type { Logger } from "../observability/logger.js";
import type { Lookups, UpstreamReads } from "../ports.js";
import { CachedLookup } from "./cached-lookup.js";
import { Core } from "./core.js";
import type { CacheEvents } from "./events.js";
import { jobGroup, jobListsGroup, LIST_PART, versionPart } from "./groups.js";
import { Trail } from "./ingredients.js";
import { Invalidation, wholeGroup } from "./invalidation.js";
import { OperationLookups } from "./operation-lookups.js";
import type { CacheProofs } from "./proofs.js";
import { createResources } from "./resources.js";
import { Sightings } from "./sightings.js";
import type { SharedStore } from "./store.js";

const MEBIBYTE = 1024 * 1024;

export interface LookupsOptions {
  upstream: UpstreamReads;
  /** Made by `createProofs` with the same store. */
  proofs: CacheProofs;
  /** Closed with the lookups. Undefined where there is no other replica. */
  store: SharedStore | undefined;
  config: CacheConfig;
  clock: Clock;
  random: () => number;
  log: Logger;
  events: CacheEvents;
  /** Bound of the answers held in this process, in bytes (64 MiB unless told). */
  maxBytes?: number;
  /** UPSTREAM_BUDGET_MS: how long one lookup or poll can take at most (15 s unless told). */
  upstreamBudgetMs?: number;
}

/** Lookups through batching, two cache tiers and single flight; docs/caching.md says what they guarantee. */
export function createLookups(options: LookupsOptions): Lookups {
  const { maxBytes = 64 * MEBIBYTE, upstreamBudgetMs = 15_000 } = options;
  const { upstream, config, clock, events, proofs, store } = options;
  const core = new Core({ ...options, maxBytes, upstreamBudgetMs });
  const resources = createResources(upstream, config);
  const sightings = new Sightings(clock, Math.min(config.terminalTtlMs, proofs.ttlMs));
  const invalidation = new Invalidation(core);
  const tools = { lookup: new CachedLookup(core), resources, fences: core.fences, sightings };

  const stopListening = store?.listen({
    invalidated(group, parts) {
      core.drop(group, parts);
      events.invalidated("remote");
    },
    released: (lockName) => core.wakeups.wake(lockName),
    restored: () => core.tier.empty(),
  });

  /** Takes what a poll saw in place of the cached list, and drops what it saw changed. */
  function observed(caller: Caller, job: JobWithVersions, changed: readonly LongId[], beganAt?: number) {
    const key = resources.versions(caller, job.jobId);
    const now = clock.now();
    const dropped = changed.length > 0 ? [LIST_PART, ...changed.map(versionPart)] : [];
    const times = { beganAt: beganAt ?? now, answeredAt: now, ttlMs: key.ttlMs(job) };
    const quietSince = beganAt ?? now - upstreamBudgetMs;
    const tellOthers = (shared: SharedStore) => {
      const entry = { json: JSON.stringify(job), ...times };
      return shared.observe({ key, entry, staleMs: core.graceMs, quietSince, dropped });
    };
    const keep = () => {
      if (core.fences.raisedSince(key.group, quietSince)) return;
      const sequence = core.fences.next();
      core.tier.put(key, { value: job, ...times, sequence, loadSequence: 0, serial: 0 });
    };
    return { drop: { group: key.group, parts: dropped, tellOthers }, keep };
  }

  return {
    forRequest({ caller, requestId, signal }) {
      const trail = new Trail(core, caller);
      const asker = { caller, requestId, signal, trail, arrived: core.fences.next() };
      return new OperationLookups(tools, asker);
    },

    invalidateJob(projectId, jobId) {
      events.invalidated("local");
      return invalidation.drop([
        wholeGroup(jobListsGroup(projectId)),
        wholeGroup(jobGroup(projectId, jobId)),
      ]);
    },

    observeJob(caller, job, changed, beganAt) {
      proofs.record(caller, { jobId: job.jobId });
      const { drop, keep } = observed(caller, job, changed, beganAt);
      const lists = changed.length > 0 ? [wholeGroup(jobListsGroup(caller.projectId))] : [];
      return invalidation.drop([...lists, drop], keep);
    },

    async close() {
      stopListening?.();
      await core.settled();
      await store?.close();
    },
  };
}
