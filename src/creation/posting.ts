import type { Caller, CreatedVersion, LongId } from "../domain/index.js";
import type { Logger } from "../observability/logger.js";
import type { CreationRequest, Lookups, Proofs, StatusWatch, UpstreamWrites } from "../ports.js";
import type { CreationEvents } from "./events.js";
import { mayHaveHappened, reasonOf } from "./failures.js";

export interface PostingOptions {
  upstream: Pick<UpstreamWrites, "createVersion">;
  lookups: Pick<Lookups, "invalidateJob">;
  watch: Pick<StatusWatch, "recordCreation">;
  proofs: Pick<Proofs, "record">;
  log: Logger;
  events: CreationEvents;
}

/** The POST, and what the rest of the gateway is told of it. */
export interface Posting {
  /**
   * Sends it once. After an unknown outcome the job is invalidated before this rejects.
   *
   * @param unlessAborted drops it while it still queues; the promise then rejects with the signal's reason
   */
  send(request: CreationRequest, unlessAborted?: AbortSignal): Promise<CreatedVersion>;
  /** Makes a created version visible to readers and subscribers. Never rejects: the creation stands. */
  publish(caller: Caller, created: CreatedVersion): Promise<void>;
  /** After it resolves no reader here gets an answer from before. Never rejects. */
  invalidate(caller: Caller, jobId: LongId): Promise<void>;
}

export function createPosting({ upstream, lookups, watch, proofs, log, events }: PostingOptions): Posting {
  async function invalidate({ projectId }: Caller, jobId: LongId): Promise<void> {
    try {
      await lookups.invalidateJob(projectId, jobId);
    } catch (error) {
      log.error(
        { event: "invalidation_failed", projectId, jobId, reason: reasonOf(error) },
        "A job was not invalidated",
      );
    }
  }

  async function record(caller: Caller, created: CreatedVersion): Promise<void> {
    const { jobId, versionId } = created;
    try {
      await watch.recordCreation(caller, created);
    } catch (error) {
      log.error(
        { event: "creation_not_watched", jobId, versionId, reason: reasonOf(error) },
        "A created version did not reach its job's history",
      );
    }
  }

  return {
    invalidate,
    async send({ caller, requestId, version }, unlessAborted) {
      const call = { caller, requestId, priority: "mutation" as const };
      try {
        const created = await upstream.createVersion(
          unlessAborted ? { ...call, signal: unlessAborted } : call,
          version,
        );
        events.created();
        proofs.record(caller, { jobId: version.jobId });
        return created;
      } catch (error) {
        if (mayHaveHappened(error)) {
          events.unknownOutcome();
          log.warn(
            { event: "creation_outcome_unknown", requestId, jobId: version.jobId, reason: reasonOf(error) },
            "A version may have been created",
          );
          await invalidate(caller, version.jobId);
        }
        throw error;
      }
    },
    publish: (caller, created) => invalidate(caller, created.jobId).then(() => record(caller, created)),
  };
}
