import type { Clock } from "../../clock.js";
import { jobKeyText } from "../job-key.js";
import type { Claim, Hold, JobKey, Release, WatchLease } from "../ports.js";
import type { MemorySignals } from "./signals.js";

interface Lease {
  owner: string | undefined;
  expiresAt: number;
  heldAt: number;
  fence: number;
  /** The fencing number of the holder after whom nobody watched any more. */
  unwatchedAfter: number | undefined;
}

/** Leases of one process, for a gateway that is a single replica. */
export class MemoryLease implements WatchLease {
  readonly #leases = new Map<string, Lease>();
  #lastFence = 0;

  /** @param maxJobs beyond this many the lease without a holder that was used longest ago is forgotten */
  constructor(
    private readonly signals: MemorySignals,
    private readonly clock: Clock,
    private readonly maxJobs: number,
  ) {}

  async hold(job: JobKey, claim: Claim): Promise<Hold> {
    const now = this.clock.now();
    const lease = this.#lease(job);
    const isFree = lease.owner === undefined || lease.expiresAt <= now;
    if (!isFree && lease.owner !== claim.owner) return { held: false, fence: lease.fence };
    const previous = lease.fence;
    if (previous === 0 && claim.onlyIfKnown) return { held: false, fence: 0 };
    if (isFree) this.#take(lease, claim, now);
    else if (claim.settled) lease.unwatchedAfter = undefined;
    Object.assign(lease, { owner: claim.owner, expiresAt: now + claim.ttlMs, heldAt: now });
    return { held: true, fence: lease.fence, previous, continuous: lease.unwatchedAfter === undefined };
  }

  async release(job: JobKey, { owner, settled, reason }: Release): Promise<void> {
    const lease = this.#leases.get(jobKeyText(job));
    if (lease?.owner !== owner) return;
    lease.owner = undefined;
    lease.heldAt = this.clock.now();
    if (settled) lease.unwatchedAfter = undefined;
    if (reason === "unwatched") lease.unwatchedAfter ??= lease.fence;
    this.signals.wake(job);
  }

  #take(lease: Lease, { watchedDuring, wasHolder = false, continuityMs }: Claim, now: number): void {
    const wasWatching = watchedDuring === lease.fence;
    // A store without a holder may have forgotten one, and changes that only that one knows.
    if (lease.fence === 0 && !wasHolder) lease.unwatchedAfter = 0;
    const isLongAgo = lease.fence > 0 && now - lease.heldAt > continuityMs;
    if (wasWatching && lease.unwatchedAfter === lease.fence) lease.unwatchedAfter = undefined;
    else if (!wasWatching && isLongAgo) lease.unwatchedAfter ??= lease.fence;
    this.#lastFence = Math.max(this.#lastFence + 1, now * 1_000);
    lease.fence = this.#lastFence;
  }

  #lease(job: JobKey): Lease {
    const key = jobKeyText(job);
    const lease: Lease = this.#leases.get(key) ?? {
      owner: undefined,
      expiresAt: 0,
      heldAt: 0,
      fence: 0,
      unwatchedAfter: undefined,
    };
    this.#leases.delete(key);
    if (this.#leases.size >= this.maxJobs) this.#forgetOldest();
    this.#leases.set(key, lease);
    return lease;
  }

  #forgetOldest(): void {
    for (const [key, { owner }] of this.#leases) {
      if (owner === undefined) {
        this.#leases.delete(key);
        return;
      }
    }
  }
}
