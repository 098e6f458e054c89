import type { Clock } from "../clock.js";
import type { CreatedVersion, LongId } from "../domain/index.js";
import type { Logger } from "../observability/logger.js";
import { type ClaimKeeper, keepClaim } from "./claim-keeper.js";
import type { Intent } from "./intent.js";
import type { Outbox } from "./outbox.js";
import type { ClaimedRecord, PostingRecord } from "./record.js";
import type { IdempotencyStore } from "./store.js";
import { beginPost, type ClaimAttempt, claimAnew, complete, markUnknown, release } from "./transitions.js";

export interface HeldClaimOptions {
  store: IdempotencyStore;
  /** Runs a step that cannot be done without; its failure is what the caller is told while the store is away. */
  need<T>(begun: boolean, step: () => Promise<T>): Promise<T>;
  upstreamTimeoutMs: number;
  clock: Clock;
  log: Logger;
  leaseMs: number;
  renewEveryMs: number;
  /** For what must reach the store sooner or later: results. */
  results: Outbox;
  /** For what ends by itself when it does not reach the store: claims. */
  releases: Outbox;
}

/** How long a result is offered to a store that is away before it is given up. */
const RESULT_GIVE_UP_MS = 10 * 60_000;

/** The earliest instant, by the local clock, at which a POST can have left; later than begun when it had to queue. */
interface Post {
  record: PostingRecord;
  begunAt: number;
}

/**
 * A claim that this replica holds and renews until one of `complete`, `markUnknown` and `release` ends it: whichever
 * is called first, the others then do nothing. They never reject: what the store does not take now it gets later, for
 * as long as that helps anybody.
 */
export class HeldClaim {
  private readonly keeper: ClaimKeeper;
  private readonly intent: Intent;
  private readonly token: string;
  private readonly begun: boolean;
  private post: Post | undefined;
  /** Its POST may stand among those under way. */
  private announced = false;
  private ended = false;

  constructor(
    private readonly options: HeldClaimOptions,
    private readonly attempt: ClaimAttempt,
    claimed: ClaimedRecord,
  ) {
    this.intent = attempt.intent;
    this.token = attempt.token;
    this.begun = claimed.postedAt !== null;
    this.keeper = keepClaim(options, this.intent.keyId, claimed);
  }

  /** Aborts when the claim may have become somebody else's: what has not been sent by then must not be sent. */
  get lost(): AbortSignal {
    return this.keeper.lost;
  }

  /**
   * Records that the POST comes next.
   *
   * @returns false when somebody else has taken the key: nothing may be sent
   * @throws UPSTREAM_UNAVAILABLE while the store is away: nothing may be sent either
   */
  async beginPost(upstreamNow: number | null): Promise<boolean> {
    const { store, need, leaseMs, clock } = this.options;
    const { keyId } = this.intent;
    this.announced = true;
    const [record] = await need(false, () =>
      Promise.all([
        store.transact(keyId, beginPost(this.token, leaseMs, upstreamNow)),
        store.posts.begin(this.intent),
      ]),
    );
    if (!record) return false;
    this.post = { record, begunAt: clock.now() };
    this.keeper.update(record);
    return true;
  }

  /** Counts as a first claim from here on. Returns and throws as {@link beginPost} does. */
  async claimAnew(): Promise<boolean> {
    const record = await this.options.need(this.begun, () =>
      this.options.store.transact(this.intent.keyId, claimAnew(this.attempt)),
    );
    if (record) this.keeper.update(record);
    return record !== undefined;
  }

  /** Records the result. */
  async complete(result: CreatedVersion): Promise<void> {
    if (!(await this.end())) return;
    const { store, results, log } = this.options;
    const { keyId } = this.intent;
    await results.deliver("result", RESULT_GIVE_UP_MS, async () => {
      // Whose it is comes first: a stored result that is not known as this key's could be taken for another key's.
      await store.owners.set(this.intent, result.versionId, keyId);
      const accepted = await store.transact(keyId, complete(this.intent, this.token, result));
      if (!accepted) {
        const { jobId, versionId } = result;
        log.error({ event: "idempotency_result_superseded", jobId, versionId }, "A key has another result");
      }
      await store.posts.end(this.intent);
    });
  }

  /** Records that the POST may have created a version. */
  async markUnknown(): Promise<void> {
    const { store, results, clock, upstreamTimeoutMs } = this.options;
    const { post } = this;
    if (!post || !(await this.end())) return;
    const sentAt = Math.max(post.begunAt, clock.now() - upstreamTimeoutMs);
    await results.deliver("unknown outcome", RESULT_GIVE_UP_MS, async () => {
      await store.transact(this.intent.keyId, markUnknown(post.record, clock.now() - sentAt));
      await store.posts.end(this.intent);
    });
  }

  /**
   * Gives the key up: it is free or, after an earlier POST of unknown outcome, still to be reconciled.
   *
   * @param checked what was seen when the version of that POST was looked for
   */
  async release(checked?: { candidates: LongId[] }): Promise<void> {
    if (!(await this.end())) return;
    const { store, releases, leaseMs, upstreamTimeoutMs } = this.options;
    await releases.deliver("release", leaseMs + 2 * upstreamTimeoutMs, async () => {
      await store.transact(this.intent.keyId, release(this.token, checked));
      if (this.announced) await store.posts.end(this.intent);
    });
  }

  /** True for the first who ends it. No renewal is under way then that could undo what is written next. */
  private async end(): Promise<boolean> {
    if (this.ended) return false;
    this.ended = true;
    await this.keeper.stop();
    return true;
  }
}
