import type { Clock } from "../clock.js";
import type { WatchConfig } from "../config/index.js";
import type { Logger } from "../observability/logger.js";
import { Alarm } from "./alarm.js";
import type { HistoryHead, JobKey, WatchStores } from "./ports.js";

/** A lease as its holder knows it. */
export interface HeldLease {
  fence: number;
  /** The number under which this replica took it: nobody else has held it since. */
  since: number;
  /** False while the first poll after a time in which nobody watched is still to come. */
  continuous: boolean;
  /** Another can hold the lease from then on (ms since the epoch). */
  validUntil: number;
}

/** How soon another replica goes on after the holder died: within 3 polls, or 3 s if that is longer. */
export function failoverMs({ pollIntervalMs }: WatchConfig): number {
  return Math.max(3 * pollIntervalMs, 3_000);
}

/** Half of the fail-over time is for the lease to end, the rest for another to notice and poll. */
export function leaseTtlMs(config: WatchConfig): number {
  return failoverMs(config) / 2;
}

export interface LeaseKeeperOptions {
  job: JobKey;
  owner: string;
  stores: WatchStores;
  config: WatchConfig;
  clock: Clock;
  log: Logger;
  /** Called after each beat with the lease as it is now; `undefined` while it is not held. */
  onBeat(lease: HeldLease | undefined, head: HistoryHead | null): void;
  /** Called when the store could not be reached. */
  onAway(): void;
}

/**
 * Holds or waits for one job's lease with a regular beat. A beat also looks at the history's outline, so that a lost
 * wake-up costs no more than one beat.
 */
export class LeaseKeeper {
  #lease: HeldLease | undefined;
  #settledFence: number | undefined;
  #watchedDuring: number | undefined;
  #isWaiting = false;
  #since = 0;
  /** Once the store has forgotten the holder, its lease may go on until then. */
  #graceUntil = Number.POSITIVE_INFINITY;
  /** Until then the last known holder may claim the lease first, after the store was away. */
  #deferUntil = 0;
  #wasAway = false;
  #stopped = false;
  readonly #alarm: Alarm;
  readonly #ttlMs: number;
  #running: Promise<void> | undefined;

  constructor(private readonly options: LeaseKeeperOptions) {
    this.#alarm = new Alarm(options.clock);
    this.#ttlMs = leaseTtlMs(options.config);
  }

  /** The lease, while nobody else can hold it. */
  get lease(): HeldLease | undefined {
    return this.#lease && this.options.clock.now() < this.#lease.validUntil ? this.#lease : undefined;
  }

  /** True when another was seen to hold the lease at the last beat. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  start(): void {
    if (!this.#stopped) this.#running = this.#run();
  }

  /** Beats soon. */
  wake(): void {
    this.#alarm.ring();
  }

  /** A poll under this lease is in the history. */
  settle(fence: number): void {
    this.#settledFence = fence;
    if (this.#lease?.fence === fence) this.#lease = { ...this.#lease, continuous: true };
  }

  /** Renews the lease, or takes it when it is free. Rejects while the store is away. */
  async renew(): Promise<HeldLease | undefined> {
    if (this.#stopped) return undefined;
    const { stores, job, owner, clock } = this.options;
    const sentAt = clock.now();
    const wasHolder = this.lease !== undefined;
    const hold = await stores.lease.hold(job, {
      owner,
      ttlMs: this.#ttlMs,
      ...(this.#watchedDuring !== undefined && { watchedDuring: this.#watchedDuring, wasHolder }),
      onlyIfKnown: this.#watchedDuring !== undefined && !wasHolder && sentAt < this.#graceUntil,
      settled: this.#isSettled,
      continuityMs: this.#continuityMs,
    });
    this.#lease = hold.held
      ? {
          fence: hold.fence,
          since: this.#isUnbroken(hold.previous, wasHolder) ? this.#since : hold.fence,
          continuous: hold.continuous,
          validUntil: sentAt + this.#ttlMs,
        }
      : undefined;
    this.#since = this.#lease?.since ?? 0;
    if (hold.fence > 0) {
      this.#watchedDuring = hold.fence;
      this.#graceUntil = Number.POSITIVE_INFINITY;
    } else if (this.#graceUntil === Number.POSITIVE_INFINITY) this.#graceUntil = sentAt + this.#ttlMs;
    this.#isWaiting = !hold.held;
    return this.#lease;
  }

  get #isSettled(): boolean {
    return this.#lease !== undefined && this.#settledFence === this.#lease.fence;
  }

  /** Whether this replica was the last holder: as the store remembers it, or because its lease had not ended. */
  #isUnbroken(previous: number, wasHolder: boolean): boolean {
    if (this.#since === 0) return false;
    return previous === 0 ? wasHolder : previous === this.#watchedDuring;
  }

  async stop(reason: "unwatched" | "handover"): Promise<void> {
    this.#stopped = true;
    this.#alarm.ring();
    await this.#running;
    await this.#release(reason);
  }

  /**
   * A silence that is no longer than the slowest polling misses no more than that does; nor does one in which
   * another could have taken over, twice.
   */
  get #continuityMs(): number {
    return Math.max(2 * failoverMs(this.options.config), this.options.config.maxPollIntervalMs);
  }

  async #release(reason: "unwatched" | "handover"): Promise<void> {
    const { stores, job, owner, log } = this.options;
    if (!this.#lease) return;
    const settled = this.#isSettled;
    this.#lease = undefined;
    try {
      await stores.lease.release(job, { owner, settled, reason });
    } catch (error) {
      log.debug(
        { event: "watch_lease_not_released", err: error },
        "The lease could not be given up: it will end",
      );
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#beat();
      await this.#alarm.wait(this.#ttlMs / 3);
    }
  }

  async #beat(): Promise<void> {
    const { stores, job, clock, log, onBeat } = this.options;
    try {
      // Claims whose answers are lost would keep the lease from everybody: a store that was away is asked first.
      if (this.#wasAway) await stores.history.head(job);
      const claims = clock.now() >= this.#deferUntil;
      const [, head] = await Promise.all([claims ? this.renew() : undefined, stores.history.head(job)]);
      this.#wasAway = false;
      if (!this.#stopped) onBeat(this.lease, head);
    } catch (error) {
      if (!this.#wasAway)
        log.debug({ event: "watch_store_away", err: error }, "Cannot reach the watch store");
      this.#wasAway = true;
      // Whoever held the lease knows most about the job: it goes first when the store is back.
      if (this.#isWaiting) this.#deferUntil = clock.now() + failoverMs(this.options.config);
      if (!this.#stopped) this.options.onAway();
    }
  }
}
