import type { Clock } from "../clock.js";
import type { WatchConfig } from "../config/index.js";
import type { Caller, JobWithVersions, LongId } from "../domain/index.js";
import type { GatewayError } from "../errors.js";
import type { Logger } from "../observability/logger.js";
import type { Lookups, Proofs } from "../ports.js";
import { JobAccess, type PollCall } from "./access.js";
import type { Cursor } from "./cursor.js";
import type { WatchEvents } from "./events.js";
import { Hub } from "./hub.js";
import { LeaseKeeper } from "./lease-keeper.js";
import type { EventContext } from "./notice.js";
import { Poller } from "./poller.js";
import type { HistoryHead, WatchStores } from "./ports.js";
import { Recorder } from "./recorder.js";
import type { Subscriber } from "./subscriber.js";

/** What all watches of a process share. */
export interface WatchDependencies {
  poll: PollCall;
  lookups: Pick<Lookups, "observeJob" | "invalidateJob">;
  proofs: Proofs;
  stores: WatchStores;
  config: WatchConfig;
  log: Logger;
  clock: Clock;
  random: () => number;
  events: WatchEvents;
  newId: () => string;
}

interface CredentialGroup {
  access: JobAccess;
  subscribers: Set<Subscriber>;
  /** The turn in which it was polled with last; the one that waited longest is next. */
  turn: number;
}

/** One job that somebody here subscribes to: its lease, its poller and its hub, from the first subscriber to the last. */
export class JobWatch {
  readonly #groups = new Map<string, CredentialGroup>();
  readonly #keeper: LeaseKeeper;
  readonly #poller: Poller;
  readonly #hub: Hub;
  #caller: Caller | undefined;
  #turn = 0;
  #isLeader = false;

  constructor(
    private readonly context: EventContext,
    private readonly deps: WatchDependencies,
    private readonly onLeader: (isLeader: boolean) => void,
    /** Resolves when an earlier watch of this replica has given its lease up. */
    ready: Promise<void>,
  ) {
    const { job } = context;
    const { stores, config, newId, log, events } = deps;
    this.#hub = new Hub({
      context,
      history: stores.history,
      historyLength: config.historyLength,
      events,
      newIncarnation: newId,
      onError: (error) =>
        log.debug({ event: "watch_history_away", err: error }, "Cannot read a status history"),
      onEntries: (entries) => {
        recorder.notice(entries);
        this.#poller.hurry(entries);
      },
    });
    this.#keeper = new LeaseKeeper({
      ...deps,
      job,
      owner: newId(),
      onBeat: (lease, head) => this.#onBeat(lease, head),
      onAway: () => this.#proveEarly(),
    });
    const recorder = new Recorder({
      job,
      history: stores.history,
      begin: () => this.#hub.begin(),
      reconcile: () => this.#hub.sync(),
      observe: (found, changed, beganAt) => this.#observe(found, changed, beganAt),
    });
    this.#poller = new Poller({
      ...deps,
      job,
      keeper: this.#keeper,
      recorder,
      nextAccess: () => this.#nextAccess(),
      onRecorded: ({ base, entries }) => this.#hub.accept(base, entries),
    });
    void ready.then(() => this.#keeper.start());
    this.#poller.start();
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  /** The store has news of this job. */
  wake(): void {
    this.#keeper.wake();
  }

  /** The store can be reached again. */
  storeIsUp(): void {
    this.#keeper.wake();
    this.#poller.retry();
  }

  /** Adds a subscriber and returns the access that he reads with. */
  add(subscriber: Subscriber, caller: Caller, requestId: string, after: Cursor | undefined): JobAccess {
    const group = this.#groups.get(caller.credentialId) ?? this.#addGroup(caller, requestId);
    group.subscribers.add(subscriber);
    this.#hub.add(subscriber, after);
    if (this.#keeper.isWaiting) this.#proveEarly();
    return group.access;
  }

  remove(subscriber: Subscriber, caller: Caller): void {
    this.#hub.remove(subscriber);
    const group = this.#groups.get(caller.credentialId);
    if (!group?.subscribers.delete(subscriber) || group.subscribers.size > 0) return;
    group.access.close();
    this.#groups.delete(caller.credentialId);
  }

  /** Stops polling and gives the lease up. */
  async close(reason: "unwatched" | "handover"): Promise<void> {
    this.#hub.close();
    for (const { access, subscribers } of this.#groups.values()) {
      access.close();
      for (const subscriber of subscribers) subscriber.freeze();
    }
    await this.#poller.stop();
    await this.#keeper.stop(reason);
    this.#lead(false);
  }

  #addGroup(caller: Caller, requestId: string): CredentialGroup {
    const { jobId } = this.context.job;
    const onRefused = (error: GatewayError) => this.#refuse(caller, error);
    const access = new JobAccess({ ...this.deps, caller, requestId, jobId, onRefused });
    const group: CredentialGroup = { access, subscribers: new Set(), turn: 0 };
    this.#groups.set(caller.credentialId, group);
    this.#caller ??= caller;
    return group;
  }

  #refuse(caller: Caller, error: GatewayError): void {
    const group = this.#groups.get(caller.credentialId);
    for (const subscriber of group?.subscribers ?? []) subscriber.fail(error);
  }

  #nextAccess(): JobAccess | undefined {
    let next: CredentialGroup | undefined;
    for (const group of this.#groups.values()) if (!next || group.turn < next.turn) next = group;
    if (!next) return undefined;
    this.#turn += 1;
    next.turn = this.#turn;
    this.#caller = next.access.caller;
    return next.access;
  }

  async #observe(
    found: JobWithVersions | "gone",
    changed: readonly LongId[],
    beganAt: number,
  ): Promise<void> {
    const { lookups, log } = this.deps;
    const { projectId, jobId } = this.context.job;
    try {
      if (found === "gone" || !this.#caller) await lookups.invalidateJob(projectId, jobId);
      else await lookups.observeJob(this.#caller, found, changed, beganAt);
    } catch (error) {
      log.warn({ event: "watch_cache_not_refreshed", err: error }, "The cache could not be told of a change");
    }
  }

  #onBeat(lease: Parameters<Poller["leaseIs"]>[0], head: HistoryHead | null): void {
    this.#lead(lease !== undefined);
    this.#poller.leaseIs(lease);
    if (head && head.wanted > head.served) this.#poller.demand();
    if (this.#keeper.isWaiting) this.#proveEarly();
    this.#hub.notice(head);
  }

  /** Where this replica does not poll, no poll proves anything for its credentials: better ask early than late. */
  #proveEarly(): void {
    for (const { access } of this.#groups.values()) if (!access.everProven) void access.ensure();
  }

  #lead(isLeader: boolean): void {
    if (this.#isLeader === isLeader) return;
    this.#isLeader = isLeader;
    this.onLeader(isLeader);
  }
}
