import type { Clock } from "../clock.js";
import type { CreatedVersion, TrainingJobVersion } from "../domain/index.js";
import type { CreationRequest, Upstream } from "../ports.js";
import type { JobAccess } from "./access.js";
import type { Claims } from "./claims.js";
import type { CreationEvents } from "./events.js";
import {
  lookupFailed,
  mayHaveHappened,
  notFoundYet,
  otherInput,
  severalCandidates,
  stillUnderWay,
  unknownOutcome,
} from "./failures.js";
import type { HeldClaim } from "./held-claim.js";
import { type Intent, intentOf } from "./intent.js";
import type { Posting } from "./posting.js";
import { type Reconcile, settlingMs } from "./reconciler.js";
import type { IdempotencyStore } from "./store.js";
import type { ClaimAttempt, ClaimReply, EarlierPost } from "./transitions.js";

export interface KeyedCreationOptions {
  upstream: Pick<Upstream, "estimatedTime">;
  access: Pick<JobAccess, "prove">;
  claims: Claims;
  reconcile: Reconcile;
  posting: Posting;
  store: Pick<IdempotencyStore, "changed">;
  upstreamTimeoutMs: number;
  leaseMs: number;
  clock: Clock;
  events: CreationEvents;
  newToken: () => string;
}

/** How often a waiter looks by itself, in case that a wake-up was lost. */
const LOOK_EVERY_MS = 1_000;
/** What is advised to somebody who has waited in vain for another request with his key. */
const STILL_UNDER_WAY_RETRY_MS = 1_000;

/** The result as a list of the job's versions shows it: its status may have moved on since the creation. */
function createdFrom(version: TrainingJobVersion): CreatedVersion {
  const { jobId, versionId, jobName, versionName, status, statusCode, createTime } = version;
  return { jobId, versionId, jobName, versionName, status, statusCode, createTime };
}

/** One request with an idempotency key, from its claim to its answer. */
export class KeyedCreation {
  private readonly intent: Intent;
  private readonly giveUpAt: number;
  private waitedFor: string | undefined;

  constructor(
    private readonly options: KeyedCreationOptions,
    private readonly request: CreationRequest,
    key: string,
  ) {
    const { clock, leaseMs, upstreamTimeoutMs } = options;
    this.intent = intentOf(request.caller.projectId, key, request.version);
    // As long as another request's POST may take, and then until its claim has ended if its replica has died.
    this.giveUpAt = clock.now() + settlingMs(upstreamTimeoutMs) + leaseMs;
  }

  async run(): Promise<CreatedVersion> {
    for (;;) {
      const attempt = this.newAttempt();
      const answer = await this.act(attempt, await this.options.claims.attempt(attempt));
      if (answer) return answer;
      if (this.options.clock.now() >= this.giveUpAt) throw stillUnderWay(STILL_UNDER_WAY_RETRY_MS);
    }
  }

  private newAttempt(): ClaimAttempt {
    const { newToken, leaseMs } = this.options;
    const { intent, waitedFor } = this;
    return { intent, token: newToken(), leaseMs, waitedFor };
  }

  private upstreamNow(): number | null {
    return this.options.upstream.estimatedTime() ?? null;
  }

  /** Undefined when the key must be claimed again. */
  private async act(attempt: ClaimAttempt, reply: ClaimReply): Promise<CreatedVersion | undefined> {
    const { claims, store, events } = this.options;
    switch (reply.kind) {
      case "other-input":
        events.conflict("other-input");
        throw otherInput();
      case "done":
        return this.replay(reply.result);
      case "held":
        this.waitedFor = reply.holder;
        await store.changed(this.intent.keyId, Math.min(LOOK_EVERY_MS, reply.leaseMs));
        return undefined;
      case "checked":
        return this.shareFinding(reply);
      case "claimed":
        return this.createUnder(claims.hold(attempt, reply.record));
      case "to-reconcile":
        return this.reconcileUnder(claims.hold(attempt, reply.record), reply.earlier);
    }
  }

  /** The first result, to a caller who has access to the job. */
  private async replay(result: CreatedVersion): Promise<CreatedVersion> {
    await this.proveAccess();
    // He may have read the job through this replica before, and now reads his own write.
    await this.options.posting.invalidate(this.request.caller, result.jobId);
    this.options.events.replayed();
    return result;
  }

  private async proveAccess(): Promise<void> {
    const { caller, requestId } = this.request;
    try {
      await this.options.access.prove({ caller, requestId, priority: "mutation" }, this.intent.jobId);
    } catch (error) {
      throw lookupFailed(error);
    }
  }

  /** What the request that was waited for has found out, so that not every waiter asks the upstream again. */
  private async shareFinding({
    candidates,
    earlier,
  }: Extract<ClaimReply, { kind: "checked" }>): Promise<undefined> {
    if (candidates.length > 0) {
      await this.proveAccess();
      this.options.events.conflict("several-candidates");
      throw severalCandidates(candidates);
    }
    const remaining = settlingMs(this.options.upstreamTimeoutMs) - earlier.postAgeMs;
    if (remaining > 0) throw notFoundYet(remaining);
    this.waitedFor = undefined;
  }

  private async createUnder(claim: HeldClaim): Promise<CreatedVersion | undefined> {
    try {
      await this.request.checkRules();
      if (!(await claim.beginPost(this.upstreamNow()))) {
        await claim.release();
        return undefined;
      }
    } catch (error) {
      await claim.release();
      throw error;
    }
    const created = await this.post(claim);
    await Promise.all([claim.complete(created), this.options.posting.publish(this.request.caller, created)]);
    return created;
  }

  private async post(claim: HeldClaim): Promise<CreatedVersion> {
    try {
      return await this.options.posting.send(this.request, claim.lost);
    } catch (error) {
      if (!mayHaveHappened(error)) {
        await claim.release();
        throw error;
      }
      await claim.markUnknown();
      throw unknownOutcome(error);
    }
  }

  private async reconcileUnder(claim: HeldClaim, earlier: EarlierPost): Promise<CreatedVersion | undefined> {
    const { reconcile, events } = this.options;
    try {
      const outcome = await reconcile(this.request, this.intent, earlier);
      switch (outcome.kind) {
        case "found":
          return await this.adopt(claim, outcome.version);
        case "several":
          events.conflict("several-candidates");
          await claim.release({ candidates: outcome.candidates });
          throw severalCandidates(outcome.candidates);
        case "none-yet":
          events.reconciled("none-yet");
          await claim.release({ candidates: [] });
          throw notFoundYet(outcome.retryAfterMs);
        case "absent":
          events.reconciled("absent");
          if (await claim.claimAnew()) return await this.createUnder(claim);
      }
    } catch (error) {
      await claim.release();
      throw error;
    }
    await claim.release();
    return undefined;
  }

  private async adopt(claim: HeldClaim, version: TrainingJobVersion): Promise<CreatedVersion> {
    const created = createdFrom(version);
    this.options.events.reconciled("found");
    await Promise.all([claim.complete(created), this.options.posting.publish(this.request.caller, created)]);
    return created;
  }
}
