import { type EpochMillis, type LongId, statusFromCode } from "../domain/index.js";
import { compareVersions, type VersionOrder } from "./cursor.js";
import { type EventContext, StatusNotice } from "./notice.js";
import type { Position, VersionState } from "./ports.js";
import type { Subscriber } from "./subscriber.js";

/** A job's subscription starts with this many of the newest versions, and every older one that can still change. */
const NEWEST_VERSIONS = 100;

interface Known extends VersionOrder {
  state: VersionState;
}

export interface FirstEventsInput {
  context: EventContext;
  at: Position;
  states: ReadonlyMap<LongId, VersionState>;
  /** When the states were confirmed by a poll. */
  polledAt: EpochMillis;
  /** True when changes before may have been missed by those who are told. */
  gap: boolean;
}

/** The events that subscriptions start with at one point of the history; made once for all who start there. */
export class FirstEvents {
  #ofJob: StatusNotice[] | undefined;
  readonly #ofVersion = new Map<LongId, StatusNotice>();

  constructor(private readonly input: FirstEventsInput) {}

  /** The versions of the job, oldest first; only those after `upTo` where the client was told of the others. */
  ofJob(upTo?: VersionOrder): StatusNotice[] {
    // With the last one everything has been told.
    this.#ofJob ??= this.#chosen().map((known, index, all) => this.#notice(known, index < all.length - 1));
    return upTo ? this.#ofJob.filter((notice) => compareVersions(orderOf(notice), upTo) > 0) : this.#ofJob;
  }

  ofVersion(versionId: LongId): StatusNotice | undefined {
    const made = this.#ofVersion.get(versionId);
    if (made) return made;
    const state = this.input.states.get(versionId);
    if (!state) return undefined;
    const notice = this.#notice({ versionId, createTime: state.createTime, state }, false);
    this.#ofVersion.set(versionId, notice);
    return notice;
  }

  /**
   * Hands a subscriber the events that he starts with.
   *
   * @param how.isInformed he knows what he was told before, and is told only what is different
   * @param how.isComplete false when the states may lack versions that exist
   */
  start(subscriber: Subscriber, how: { isInformed?: boolean; isComplete: boolean }): void {
    const { versionId } = subscriber;
    const own = versionId === undefined ? undefined : this.ofVersion(versionId);
    const notices = versionId === undefined ? this.ofJob() : own ? [own] : [];
    if (!how.isInformed) subscriber.start(notices);
    else for (const notice of notices) this.#tellDifference(subscriber, notice);
    if (versionId !== undefined && !own && how.isComplete) subscriber.push({ kind: "vanished", versionId });
  }

  #tellDifference(subscriber: Subscriber, { versionId, statusCode }: StatusNotice): void {
    const notice = subscriber.latestCode(versionId) === statusCode ? undefined : this.ofVersion(versionId);
    if (notice) subscriber.push(notice);
  }

  #chosen(): Known[] {
    const all = [...this.input.states]
      .map(([versionId, state]) => ({ versionId, createTime: state.createTime, state }))
      .toSorted(compareVersions);
    const older = all.length - NEWEST_VERSIONS;
    return all.filter(({ state }, index) => index >= older || !statusFromCode(state.statusCode).terminal);
  }

  #notice({ state, ...order }: Known, othersFollow: boolean): StatusNotice {
    const { context, at, polledAt, gap } = this.input;
    const cursor = othersFollow ? { ...at, upTo: order } : at;
    // A version that is known only from its creation was not part of the poll.
    const observedAt = state.version === null ? state.observedAt : Math.max(polledAt, state.observedAt);
    return new StatusNotice(context, order.versionId, { ...state, observedAt }, cursor, gap, undefined);
  }
}

function orderOf({ versionId, state }: StatusNotice): VersionOrder {
  return { versionId, createTime: state.createTime };
}
