import type { Clock } from "../clock.js";
import type { WatchConfig } from "../config/index.js";
import type { JobWithVersions } from "../domain/index.js";
import { GatewayError, hasCode } from "../errors.js";
import type { Logger } from "../observability/logger.js";
import { isRefusal, isRejection, type JobAccess } from "./access.js";
import { Alarm } from "./alarm.js";
import type { WatchEvents } from "./events.js";
import type { HeldLease, LeaseKeeper } from "./lease-keeper.js";
import { nextPollMs } from "./pace.js";
import type { HistoryEntry, JobKey, WatchStores } from "./ports.js";
import type { Recorded, Recorder, Recording } from "./recorder.js";
import { canGoOn, isAllTerminal } from "./terminal.js";

/** A poll that could not be recorded is given up this long after another replica took the lease. */
const MAX_PENDING_MS = 30_000;

export interface PollerOptions {
  job: JobKey;
  stores: WatchStores;
  config: WatchConfig;
  clock: Clock;
  random: () => number;
  log: Logger;
  events: WatchEvents;
  keeper: LeaseKeeper;
  recorder: Recorder;
  /** Whose credential the next poll is made with; undefined when there is nobody. */
  nextAccess(): JobAccess | undefined;
  onRecorded(recorded: Extract<Recorded, { outcome: "recorded" }>): void;
}

/** Polls one job as long as this replica holds its lease. */
export class Poller {
  readonly #alarm: Alarm;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #nextAt = 0;
  /** No poll begins before, whoever waits: a project that is throttled, an upstream that does not answer. */
  #notBefore = 0;
  #startedAt = Number.NEGATIVE_INFINITY;
  #changedAt: number;
  #failures = 0;
  /** No version's status can change by itself, as far as is known. */
  #allTerminal = false;
  #factor = 1;
  #isWanted = false;
  #fence: number | undefined;
  #stopped = false;

  constructor(private readonly options: PollerOptions) {
    this.#alarm = new Alarm(options.clock);
    this.#changedAt = options.clock.now();
  }

  start(): void {
    this.#running = this.#run();
  }

  /** The lease as it is now. Whoever gets one polls at once. */
  leaseIs(lease: HeldLease | undefined): void {
    if (lease && lease.fence !== this.#fence) {
      this.#nextAt = 0;
      this.options.recorder.forget();
    }
    this.#fence = lease?.fence;
    this.#alarm.ring();
  }

  /** Somebody waits for a poll that begins from now on. */
  demand(): void {
    this.#isWanted = true;
    this.#alarm.ring();
  }

  /** Something changed: the next change may be near, unless nothing can change any more. */
  hurry(entries: readonly HistoryEntry[]): void {
    const { clock, config } = this.options;
    this.#changedAt = clock.now();
    if (entries.some(canGoOn)) this.#allTerminal = false;
    if (this.#allTerminal) return;
    this.#nextAt = Math.min(this.#nextAt, this.#changedAt + config.pollIntervalMs);
    this.#alarm.ring();
  }

  /** The store is back. */
  retry(): void {
    this.#alarm.ring();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#abort.abort();
    this.#alarm.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const waitMs = this.#waitMs();
      if (waitMs > 0) await this.#alarm.wait(waitMs);
      else await this.#pollSafely();
    }
  }

  #waitMs(): number {
    const { keeper, clock, config } = this.options;
    if (!keeper.lease) return Number.POSITIVE_INFINITY;
    // The clock was put back: what was planned means nothing any more.
    if (clock.now() < this.#startedAt) return 0;
    // Those who come one after the other share polls, too.
    const wantedAt = this.#startedAt + config.pollIntervalMs / 4;
    const at = this.#isWanted ? Math.min(this.#nextAt, wantedAt) : this.#nextAt;
    return Math.max(at, this.#notBefore) - clock.now();
  }

  async #pollSafely(): Promise<void> {
    const { log, clock, config } = this.options;
    try {
      await this.#poll();
    } catch (error) {
      if (this.#stopped) return;
      log.debug({ event: "watch_poll_postponed", err: error }, "The watch store is away: not polling");
      this.#notBefore = Math.max(this.#notBefore, clock.now() + config.pollIntervalMs);
    }
  }

  async #poll(): Promise<void> {
    const { stores, job, keeper, clock, nextAccess } = this.options;
    const [throttle, { tick, wanted }, lease] = await Promise.all([
      stores.throttle.state(job.projectId),
      stores.history.beginPoll(job),
      keeper.renew(),
    ]);
    const access = nextAccess();
    if (!lease || !access || this.#stopped) return this.#alarm.wait(Number.POSITIVE_INFINITY);
    this.#factor = throttle.factor;
    if (throttle.waitMs > 0) {
      this.#notBefore = clock.now() + throttle.waitMs + this.#spread();
      return;
    }
    this.#isWanted = false;
    this.#startedAt = clock.now();
    const found = await this.#ask(access);
    if (found === undefined) return;
    // Another may have polled meanwhile: what this poll saw has no certain place in the order.
    if (!this.#holdsSince(lease.fence)) return this.options.events.poll("discarded");
    this.#allTerminal = isAllTerminal(found);
    const observedAt = clock.now();
    const beganAt = this.#startedAt;
    await this.#record({
      found,
      beganAt,
      observedAt,
      gap: !lease.continuous,
      fence: lease.fence,
      tick,
      wanted,
    });
  }

  /** So that the jobs of a throttled project do not all come back at the same moment. */
  #spread(): number {
    const { random, config } = this.options;
    return random() * config.pollIntervalMs * this.#factor;
  }

  /** Asks the upstream. Undefined when there is nothing to record. */
  async #ask(access: JobAccess): Promise<JobWithVersions | "gone" | undefined> {
    try {
      const job = await access.call("poll", this.#abort.signal);
      this.#failures = 0;
      return job;
    } catch (error) {
      if (this.#stopped) return undefined;
      if (hasCode(error, "NOT_FOUND") && access.everProven) {
        this.options.events.poll("not-found");
        return "gone";
      }
      await this.#failed(error, access);
      return undefined;
    }
  }

  async #failed(error: unknown, access: JobAccess): Promise<void> {
    const { events, log, clock, stores, job } = this.options;
    if (isRefusal(error) || (isRejection(error) && !access.everProven)) {
      events.poll("refused");
      access.refuse(error);
      // The next credential's turn comes at once.
      this.#nextAt = 0;
      return;
    }
    this.#failures += 1;
    const retryAfterMs = error instanceof GatewayError ? (error.details.retryAfterMs ?? 0) : 0;
    const delayMs = Math.max(retryAfterMs, this.#intervalMs());
    this.#notBefore = clock.now() + delayMs;
    if (hasCode(error, "RATE_LIMITED")) {
      events.poll("throttled");
      await stores.throttle.slow(job.projectId, delayMs);
      return;
    }
    events.poll("failed");
    const reason = error instanceof GatewayError ? error.code : "defect";
    const level = error instanceof GatewayError ? "debug" : "error";
    log[level](
      { event: "watch_poll_failed", reason, ...(level === "error" && { err: error }) },
      "A poll failed",
    );
  }

  /** Whether nobody else can have polled since this replica got that fencing number. */
  #holdsSince(fence: number): boolean {
    const { lease } = this.options.keeper;
    return lease !== undefined && lease.since <= fence;
  }

  #intervalMs(): number {
    const { config, random, clock } = this.options;
    return nextPollMs({
      config,
      random,
      calmMs: clock.now() - this.#changedAt,
      allTerminal: this.#failures === 0 && this.#allTerminal,
      failures: this.#failures,
      factor: this.#factor,
    });
  }

  /** Records what was seen, again and again while the store is away: what a poll has observed is not dropped. */
  async #record(recording: Omit<Recording, "isLate">): Promise<void> {
    const { recorder, keeper, clock, events, config, onRecorded } = this.options;
    for (;;) {
      const isLate = !this.#holdsSince(recording.fence);
      const recorded = await recorder.record({ ...recording, isLate }).catch(() => undefined);
      if (recorded?.outcome === "recorded") {
        keeper.settle(recording.fence);
        if (recording.found !== "gone") events.poll(recorded.entries.length > 0 ? "changed" : "unchanged");
        onRecorded(recorded);
        this.#nextAt = this.#startedAt + this.#intervalMs();
        return;
      }
      const isTooLate = isLate && clock.now() - recording.observedAt > MAX_PENDING_MS;
      if (recorded?.outcome === "fenced" || isTooLate || this.#stopped) return events.poll("discarded");
      await this.#alarm.wait(config.pollIntervalMs);
    }
  }
}
