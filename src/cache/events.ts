/** What is looked up: a page of jobs, a job with its versions, one version, resource specs, engine specs. */
export type ResourceKind = "jobs" | "versions" | "version" | "specs" | "engines";

/** What an operator wants counted about lookups. Implementations must not throw. */
export interface CacheEvents {
  /** A lookup was answered from a cache: the one in this process, or the one that replicas share. */
  hit(tier: "process" | "shared", kind: ResourceKind): void;
  /** No cache had a usable answer: the upstream is asked, or a call already under way is waited for. */
  miss(kind: ResourceKind): void;
  /** An answer past its end was given, because somebody is fetching a newer one or the upstream does not answer. */
  staleServed(kind: ResourceKind): void;
  /** An answer past its end is being fetched again. */
  refreshed(kind: ResourceKind): void;
  /** A lookup waited for a call that another one makes, in this process or in another replica. */
  coalesced(where: "process" | "replica", kind: ResourceKind): void;
  /** The upstream was asked; `cancelled` when nobody waited for the answer any more. */
  loaded(kind: ResourceKind, outcome: "success" | "not_found" | "failure" | "cancelled"): void;
  /** The upstream was asked only because the caller's proof of access had expired. */
  proofRenewed(kind: ResourceKind): void;
  /** Cached answers were dropped because this replica, or another one, said so. */
  invalidated(origin: "local" | "remote"): void;
  /** The shared store failed or took too long; the lookup went on without. */
  storeFailed(operation: StoreOperation): void;
  /** The channel that tells of other replicas' invalidations was lost or is back. */
  channel(alive: boolean): void;
}

export type StoreOperation = "read" | "write" | "release" | "extend" | "invalidate" | "observe" | "proof";
