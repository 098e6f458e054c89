import type { CancelSignal } from "./cancellation.js";
import type {
  Caller,
  Coverage,
  CreatedVersion,
  EngineSpec,
  JobListQuery,
  JobType,
  JobWithVersions,
  LongId,
  NewVersion,
  ResourceSpec,
  ResourceSpecQuery,
  StatusEvent,
  TrainingJobPage,
  TrainingJobVersion,
} from "./domain/index.js";

/** What every call to the upstream is made with. */
export interface UpstreamCall {
  caller: Caller;
  /** Sent upstream as `X-Request-Id`. */
  requestId: string;
  /** Who goes first when calls are scarce: mutations, then lookups, then polls. */
  priority: "mutation" | "lookup" | "poll";
  /** Cancels the call; the promise then rejects with the signal's reason. Not honoured by mutations once begun. */
  signal?: CancelSignal;
}

/** The text that an answer came as. */
export interface Source<V> {
  readonly characters: number;
  /** An equal value, made anew. */
  read(): V;
}

/** What the upstream answered. */
export interface Sourced<V> {
  value: V;
  /** Absent where it took several answers. */
  source?: Source<V>;
}

/** The upstream's reads. Every failure is a GatewayError; NOT_FOUND when the upstream has no such thing. */
export interface UpstreamReads {
  listJobs(call: UpstreamCall, query: JobListQuery): Promise<Sourced<TrainingJobPage>>;
  /** The job with all its versions (coverage `list`). */
  listVersions(call: UpstreamCall, jobId: LongId): Promise<Sourced<JobWithVersions>>;
  /** One version (coverage `details`). */
  getVersion(call: UpstreamCall, jobId: LongId, versionId: LongId): Promise<Sourced<TrainingJobVersion>>;
  listResourceSpecs(call: UpstreamCall, query: ResourceSpecQuery): Promise<Sourced<ResourceSpec[]>>;
  listEngineSpecs(call: UpstreamCall, jobType: JobType): Promise<Sourced<EngineSpec[]>>;
}

/** The upstream's writes: sent once, never cancelled. A failure's `outcome` tells whether it may have happened. */
export interface UpstreamWrites {
  createVersion(call: UpstreamCall, version: NewVersion): Promise<CreatedVersion>;
  /** Resolves when the upstream has accepted to stop the version. */
  stopVersion(call: UpstreamCall, jobId: LongId, versionId: LongId): Promise<void>;
}

/** The upstream's health as real calls have shown it. */
export interface UpstreamHealth {
  /** Undefined while it answers; else why it counts as away. */
  degradedReason(): string | undefined;
}

export interface Upstream extends UpstreamReads, UpstreamWrites, UpstreamHealth {
  /** The upstream's time by the `Date` header of its latest answer, carried on by the local clock (ms since the epoch); undefined before the first answer. */
  estimatedTime(): number | undefined;
  close(): Promise<void>;
}

/** What an operation was made from. */
export interface Ingredients {
  /** About how much memory it takes to know, in bytes. */
  readonly bytes: number;
  /** True while looking all of it up again would find the same, and give it to the same caller. */
  hold(): boolean;
}

/** At once where this process has it, else a promise of it. */
export type Found<V> = V | Promise<V>;

/** One caller's lookups within one operation. */
export interface RequestLookups {
  trainingJobs(query: JobListQuery): Promise<TrainingJobPage>;
  /** Null when the upstream has no such job. */
  trainingJob(jobId: LongId, options?: Freshness): Promise<JobWithVersions | null>;
  /** At least `coverage` of the version; null when the upstream has no such version. */
  trainingJobVersion(
    jobId: LongId,
    versionId: LongId,
    coverage: Coverage,
    options?: Freshness,
  ): Promise<TrainingJobVersion | null>;
  /** Whether the job has that version. Where it may be cached, having seen it recently is enough, whatever was invalidated since. */
  hasVersion(jobId: LongId, versionId: LongId, options?: Freshness): Found<boolean>;
  resourceSpecs(query: ResourceSpecQuery, options?: Freshness): Found<ResourceSpec[]>;
  engineSpecs(jobType: JobType, options?: Freshness): Found<EngineSpec[]>;
  /** What this operation was given so far; undefined when it was given nothing, something that no cache here may give again, or something new. */
  ingredients(): Ingredients | undefined;
}

export interface Freshness {
  /** Accept only an answer whose upstream call began after this operation arrived. */
  fresh?: boolean;
}

/** Who looks something up, within which operation. */
export interface LookupRequest {
  caller: Caller;
  requestId: string;
  /** Aborts when the client has gone. */
  signal?: CancelSignal;
}

/** Lookups through batching, caches and single flight. */
export interface Lookups {
  /** Loaders for one operation; it starts now as far as {@link Freshness} goes. */
  forRequest(request: LookupRequest): RequestLookups;
  /**
   * After it resolves, no lookup of that job through this replica returns an answer fetched before the call, and
   * other replicas have been told. A failure to tell them is logged, never thrown.
   */
  invalidateJob(projectId: string, jobId: LongId): Promise<void>;
  /**
   * Takes what a poll saw into the cache, in place of anything older; of the versions that `changed` nothing older is
   * given any more.
   *
   * @param changed versions that are new, gone, or of another status than in the poll before
   * @param beganAt when the poll's call began (ms since the epoch); without it the list is kept only when the job was
   * not invalidated for as long as a poll can take, since the poll might have begun before
   */
  observeJob(
    caller: Caller,
    job: JobWithVersions,
    changed: readonly LongId[],
    beganAt?: number,
  ): Promise<void>;
  close(): Promise<void>;
}

/** What a proof of access is about: one job, or the project's specs and engines. */
export type ProofSubject = { jobId: LongId } | "project-specs";

/**
 * Which credential the upstream itself has answered with success, for what and when. A proof holds for AUTH_PROOF_TTL_MS.
 */
export interface Proofs {
  record(caller: Caller, subject: ProofSubject): void;
  /** Looks in this process first, then, where there is one, in the shared store. False when unsure. */
  holds(caller: Caller, subject: ProofSubject): Promise<boolean>;
  /** Forgets what this credential has proven, for instance after a 401 or 403. */
  revoke(caller: Caller, subject: ProofSubject): void;
}

/** What a subscriber wants to be told of. */
export interface WatchRequest {
  caller: Caller;
  requestId: string;
  jobId: LongId;
  /** Only this version; all versions of the job when absent. */
  versionId?: LongId;
  /** Whom the subscription counts against: see SUBSCRIPTIONS_PER_CREDENTIAL. */
  quotaKey: string;
  /** The cursor of the last event that the client got. */
  after?: string;
}

/** Status changes of watched jobs. */
export interface StatusWatch {
  /**
   * The current state first, then each change once and in order. Returning the iterator ends the subscription.
   * Throws GatewayErrors: BAD_USER_INPUT for a bad `after`, NOT_FOUND, UNAUTHENTICATED and FORBIDDEN when the
   * credential no longer holds, RATE_LIMITED beyond the subscription limits.
   */
  subscribe(request: WatchRequest): AsyncGenerator<StatusEvent, void, undefined>;
  /** Makes a version that this gateway has just created part of its job's history. */
  recordCreation(caller: Caller, created: CreatedVersion): Promise<void>;
  close(): Promise<void>;
}

/** A creation on behalf of a caller. */
export interface CreationRequest {
  caller: Caller;
  requestId: string;
  version: NewVersion;
  idempotencyKey?: string;
  /** Runs the rules that look things up; throws BAD_USER_INPUT when one is broken. Not run for a repeat. */
  checkRules(): Found<void>;
}

/** Creates versions, each intent once. */
export interface VersionCreation {
  create(request: CreationRequest): Promise<CreatedVersion>;
  /** Resolves when no creation is under way any more. */
  drain(): Promise<void>;
}
