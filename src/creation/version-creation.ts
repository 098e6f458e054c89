import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.js";
import type { CreatedVersion } from "../domain/index.js";
import type { Logger } from "../observability/logger.js";
import type {
  CreationRequest,
  Lookups,
  Proofs,
  StatusWatch,
  Upstream,
  UpstreamWrites,
  VersionCreation,
} from "../ports.js";
import { createJobAccess, type ListVersions } from "./access.js";
import { createClaims } from "./claims.js";
import type { CreationEvents } from "./events.js";
import { KeyedCreation, type KeyedCreationOptions } from "./keyed-creation.js";
import { createPosting, type Posting } from "./posting.js";
import { createReconcile } from "./reconciler.js";
import type { IdempotencyStore } from "./store.js";

export interface VersionCreationOptions {
  upstream: Pick<UpstreamWrites, "createVersion"> & Pick<Upstream, "estimatedTime">;
  /** A list from the upstream itself, past every cache, asked for after the call. */
  listVersions: ListVersions;
  lookups: Pick<Lookups, "invalidateJob">;
  watch: Pick<StatusWatch, "recordCreation">;
  proofs: Proofs;
  store: IdempotencyStore;
  /** How long one attempt at the upstream may take: UPSTREAM_TIMEOUT_MS. */
  upstreamTimeoutMs: number;
  log: Logger;
  clock: Clock;
  events: CreationEvents;
  /** Something that no two claims share. Default: a random UUID. */
  newToken?: () => string;
  /** How long a claim outlives the replica that has died. Default: 20 s. */
  claimLeaseMs?: number;
}

const CLAIM_LEASE_MS = 20_000;
/** Who owns the versions that were created without a key: no key is ever hashed to this. */
const NO_KEY = "-";

/**
 * One creation per intent. A created version costs GPU hours, and a POST whose answer is lost may have created one.
 *
 * A key's record goes through these states, each written to the store before what it announces is done:
 *
 *     (free) -> claimed -> posting -> done                      the usual way
 *                  |          |-----> (free)                    a definite refusal
 *                  |          `-----> unknown -> claimed ...    a repeat looks for the version first
 *                  `-> (free)                                   broken rules
 *
 * What happens when something dies, by the point at which it does:
 *
 * - The replica, while `claimed`: nothing was sent. The claim ends 20 s later, and whoever comes then starts anew.
 * - The replica, while `posting`, or the connection to the upstream before its answer: the version may exist. A repeat
 *   lists the job's versions with its own credential and takes the one that can only be this intent's; while that
 *   cannot be told it gets an error that says when to come again. Only when the list shows none, and so long after the
 *   POST that none can follow, it creates.
 * - Redis, before the POST: nothing is sent, since nobody could know of it. A claim that was written although its
 *   answer was lost is given up later, or ends by itself.
 * - Redis, during the POST: it is not cancelled, for that would not undo it; but one that still queues is dropped when
 *   its claim runs out. The answer goes to the caller at once and to Redis as soon as it is back. Should another
 *   request take the claim over meanwhile it finds the version in the list, or finds none yet; and an answer that
 *   arrives late is still taken by the record, unless there is a result or another POST by then.
 * - Redis emptied: a claim that is held is written again with its next renewal, a result when it arrives. A key whose
 *   creation had ended is forgotten, which only a Redis that persists can prevent.
 * - Wake-ups between replicas: waiters also look by themselves, once a second.
 *
 * A replica that stands still (a paused virtual machine) for longer than its claim lives, exactly between recording the
 * POST and sending it, can send it too late. Nothing on this side of the upstream can prevent that.
 */
export function createVersionCreation(options: VersionCreationOptions): VersionCreation {
  const { store, log } = options;
  const leaseMs = options.claimLeaseMs ?? CLAIM_LEASE_MS;
  const settings = { ...options, leaseMs, renewEveryMs: leaseMs / 4 };
  const access = createJobAccess(options);
  const posting = createPosting(options);
  const claims = createClaims(settings);
  const keyed: KeyedCreationOptions = {
    ...settings,
    access,
    posting,
    claims,
    reconcile: createReconcile({ ...options, access, claims }),
    newToken: options.newToken ?? randomUUID,
  };
  const underWay = new Set<Promise<unknown>>();

  function track<T>(work: Promise<T>): Promise<T> {
    const forget = () => underWay.delete(work);
    underWay.add(work);
    work.then(forget, forget);
    return work;
  }

  return {
    create(request) {
      const { idempotencyKey } = request;
      return track(
        idempotencyKey === undefined
          ? createWithoutKey(posting, store, log, request)
          : new KeyedCreation(keyed, request, idempotencyKey).run(),
      );
    },
    async drain() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
      await claims.drain();
    },
  };
}

async function createWithoutKey(
  posting: Posting,
  store: IdempotencyStore,
  log: Logger,
  request: CreationRequest,
): Promise<CreatedVersion> {
  const checked = request.checkRules();
  if (checked instanceof Promise) await checked;
  const created = await posting.send(request);
  const scope = { projectId: request.caller.projectId, jobId: created.jobId };
  const published = posting.publish(request.caller, created);
  await store.owners
    .set(scope, created.versionId, NO_KEY)
    .catch(() => log.debug({ event: "version_owner_not_written" }, "The store of keys is away"));
  await published;
  return created;
}
