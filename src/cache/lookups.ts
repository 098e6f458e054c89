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
  /** Closed with the lookups. Made by `createRedisStore`, or by `createMemoryStore` where there is no Redis. */
  store: SharedStore;
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

/** What is not to be given any more, and how the store and the other replicas are told. */
interface Drop {
  group: string;
  /** The whole group where there are none. */
  parts?: string[];
  telling: () => Promise<void>;
}

/** Everything that is resolved has been handed out: continuations that were due run before the next macrotask. */
function handedOut(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lookups through batching, two cache tiers and single flight; docs/caching.md says what they guarantee. */
export function createLookups(options: LookupsOptions): Lookups {
  const { maxBytes = 64 * MEBIBYTE, upstreamBudgetMs = 15_000 } = options;
  const { upstream, config, clock, log, events, proofs, store } = options;
  const core = new Core({ ...options, maxBytes, upstreamBudgetMs });
  const resources = createResources(upstream, config);
  const sightings = new Sightings(clock, Math.min(config.terminalTtlMs, proofs.ttlMs));
  const tools = { lookup: new CachedLookup(core), resources, fences: core.fences, sightings };

  const stopListening = store.listen({
    invalidated(group, parts) {
      core.drop(group, parts);
      events.invalidated("remote");
    },
    released: (lockName) => core.wakeups.wake(lockName),
    restored: () => core.tier.empty(),
  });

  async function tellOthers({ group, telling }: Drop): Promise<void> {
    try {
      await telling();
    } catch (error) {
      events.storeFailed("invalidate");
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ event: "invalidation_not_shared", group, reason }, "Other replicas could not be told now");
    }
  }

  function dropHere(drops: readonly Drop[]): void {
    for (const { group, parts } of drops) core.drop(group, parts);
  }

  /**
   * Drops before, so that nothing joins what is under way, and after, since the store had the old answer until then.
   *
   * @param keep what takes the place of that, before anyone who waited for it until then looks again
   */
  function dropEverywhere(drops: readonly Drop[], keep: () => void = () => {}): Promise<void> {
    const keepAndHandOut = () => {
      keep();
      return handedOut();
    };
    dropHere(drops);
    if (!store.isShared) return keepAndHandOut();
    return Promise.all(drops.map(tellOthers)).then(() => {
      dropHere(drops);
      return keepAndHandOut();
    });
  }

  const wholeGroup = (group: string): Drop => ({ group, telling: () => store.invalidate(group) });

  function observed(caller: Caller, job: JobWithVersions, changed: readonly LongId[], beganAt?: number) {
    const key = resources.versions(caller, job.jobId);
    const now = clock.now();
    const dropped = changed.length > 0 ? [LIST_PART, ...changed.map(versionPart)] : [];
    const times = { beganAt: beganAt ?? now, answeredAt: now, ttlMs: key.ttlMs(job) };
    const json = core.textOf(job);
    const quietSince = beganAt ?? now - upstreamBudgetMs;
    const entry = { json: json ?? "", ...times };
    const request = { key, entry, staleMs: core.graceMs, quietSince, dropped };
    const keep = () => {
      if (core.fences.raisedSince(key.group, quietSince)) return;
      const sequence = core.fences.next();
      core.tier.put(key, { value: job, ...times, sequence, loadSequence: 0, serial: 0 }, json?.length);
    };
    return { group: key.group, parts: dropped, telling: () => store.observe(request), keep };
  }

  return {
    forRequest({ caller, requestId, signal }) {
      const trail = new Trail(core, caller);
      const asker = { caller, requestId, signal, trail, arrived: core.fences.next() };
      return new OperationLookups(tools, asker);
    },

    invalidateJob(projectId, jobId) {
      events.invalidated("local");
      return dropEverywhere([wholeGroup(jobListsGroup(projectId)), wholeGroup(jobGroup(projectId, jobId))]);
    },

    observeJob(caller, job, changed, beganAt) {
      proofs.record(caller, { jobId: job.jobId });
      const { keep, ...observation } = observed(caller, job, changed, beganAt);
      const lists = changed.length > 0 ? [wholeGroup(jobListsGroup(caller.projectId))] : [];
      return dropEverywhere([...lists, observation], keep);
    },

    async close() {
      stopListening();
      await core.settled();
      await store.close();
    },
  };
}
