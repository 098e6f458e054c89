import type { Clock } from "../clock.js";
import type { LongId, TrainingJobVersion } from "../domain/index.js";
import type { CreationRequest, Upstream } from "../ports.js";
import type { JobAccess } from "./access.js";
import type { Claims } from "./claims.js";
import { lookupFailed } from "./failures.js";
import type { Intent } from "./intent.js";
import { candidatesOf, earliestCreateTime, judge } from "./reconciliation.js";
import type { IdempotencyStore } from "./store.js";
import type { EarlierPost } from "./transitions.js";

export interface ReconcilerOptions {
  upstream: Pick<Upstream, "estimatedTime">;
  access: Pick<JobAccess, "list">;
  claims: Pick<Claims, "need">;
  store: Pick<IdempotencyStore, "owners" | "posts">;
  upstreamTimeoutMs: number;
  clock: Clock;
}

/** What became of a POST of unknown outcome. */
export type Reconciliation =
  | { kind: "found"; version: TrainingJobVersion }
  | { kind: "several"; candidates: LongId[] }
  /** It may still create one, or may have created one that cannot be told yet. */
  | { kind: "none-yet"; retryAfterMs: number }
  /** It has created nothing and will not any more. */
  | { kind: "absent" };

/** How soon to look again when it is not the time since the POST that stands in the way. */
const LOOK_AGAIN_MS = 1_000;

/** How long after its POST a version may still turn up in the list: 2 x UPSTREAM_TIMEOUT_MS. */
export function settlingMs(upstreamTimeoutMs: number): number {
  return 2 * upstreamTimeoutMs;
}

/**
 * Looks for the version that an earlier POST of this intent may have created, with the caller's own credential.
 *
 * @throws what the look-up failed with; UPSTREAM_UNAVAILABLE with `dependency: "redis"` while the store is away
 */
export type Reconcile = (
  request: CreationRequest,
  intent: Intent,
  earlier: EarlierPost,
) => Promise<Reconciliation>;

export function createReconcile(options: ReconcilerOptions): Reconcile {
  const { upstream, access, claims, store, clock } = options;
  const settling = settlingMs(options.upstreamTimeoutMs);

  /** The versions that may be this intent's: created since its claim, of its config, and no other key's result. */
  async function candidates(
    intent: Intent,
    request: CreationRequest,
    earlier: EarlierPost,
  ): Promise<{ versions: TrainingJobVersion[]; complete: boolean }> {
    const began = clock.now();
    const { caller, requestId, version } = request;
    const job = await access
      .list({ caller, requestId, priority: "mutation" }, intent.jobId)
      .catch((error) => {
        throw lookupFailed(error);
      });
    const now = clock.now();
    const claimAgeMs = earlier.claimAgeMs + (now - began);
    const earliest = earliestCreateTime({ ...earlier, claimAgeMs }, upstream.estimatedTime() ?? now);
    const alike = candidatesOf(version, job, earliest);
    const ids = alike.map(({ versionId }) => versionId);
    const owners = await claims.need(true, () => store.owners.of(intent, ids));
    const versions = alike.filter(
      ({ versionId }) => (owners.get(versionId) ?? intent.keyId) === intent.keyId,
    );
    return { versions, complete: job.complete };
  }

  /**
   * Another key's POST of the same config may be the one that created what was found: its answer will tell. Whoever
   * takes the version first among those whose POSTs have ended has it.
   */
  async function takeFound(intent: Intent, version: TrainingJobVersion): Promise<Reconciliation> {
    const mine = await claims.need(
      true,
      async () =>
        !(await store.posts.othersThan(intent, settling)) &&
        (await store.owners.take(intent, version.versionId, intent.keyId)),
    );
    return mine ? { kind: "found", version } : { kind: "none-yet", retryAfterMs: LOOK_AGAIN_MS };
  }

  return async (request, intent, earlier) => {
    const { versions, complete } = await candidates(intent, request, earlier);
    const finding = judge(versions);
    if (finding.kind === "several") return finding;
    if (finding.kind === "found") return takeFound(intent, finding.version);
    // The list was asked for at that age of the POST: it says nothing about what was created later.
    const remaining = settling - earlier.postAgeMs;
    if (complete && remaining <= 0) return { kind: "absent" };
    return { kind: "none-yet", retryAfterMs: Math.max(remaining, complete ? 1 : LOOK_AGAIN_MS) };
  };
}
