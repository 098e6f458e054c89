import { randomUUID } from "node:crypto";
import type { LimitsConfig } from "../config/index.js";
import type { Caller, CreatedVersion } from "../domain/index.js";
import { GatewayError } from "../errors.js";
import type { StatusWatch, WatchRequest } from "../ports.js";
import { cursorTag, decodeCursor } from "./cursor.js";
import { jobKeyText } from "./job-key.js";
import { JobWatch, type WatchDependencies } from "./job-watch.js";
import type { JobKey, StatusChange, WatchStores } from "./ports.js";
import { Subscriber } from "./subscriber.js";

export interface StatusWatchOptions extends Omit<WatchDependencies, "stores" | "newId">, WatchStores {
  limits: Pick<LimitsConfig, "subscriptionsPerCredential" | "subscriptionsMax">;
}

/** Creates the watch of this replica. Everything that it keeps in memory ends with the subscriptions, or with `close()`. */
export function createStatusWatch(options: StatusWatchOptions): StatusWatch {
  return new ReplicaWatch(options);
}

class ReplicaWatch implements StatusWatch {
  readonly #deps: WatchDependencies;
  readonly #watches = new Map<string, JobWatch>();
  /** Watches that are giving their lease up. */
  readonly #closing = new Map<string, Promise<void>>();
  readonly #byQuotaKey = new Map<string, number>();
  readonly #stopListening: () => void;
  #subscribers = 0;
  #leases = 0;
  #closed = false;

  constructor(private readonly options: StatusWatchOptions) {
    const { lease, history, throttle, signals } = options;
    this.#deps = { ...options, stores: { lease, history, throttle, signals }, newId: randomUUID };
    const stopWake = signals.onWake((job) => this.#watches.get(jobKeyText(job))?.wake());
    const stopUp = signals.onUp(() => {
      for (const watch of this.#watches.values()) watch.storeIsUp();
    });
    this.#stopListening = () => {
      stopWake();
      stopUp();
    };
  }

  subscribe(request: WatchRequest): Subscriber {
    let access: ReturnType<JobWatch["add"]> | undefined;
    return new Subscriber({
      versionId: request.versionId,
      events: this.options.events,
      now: () => this.options.clock.now(),
      onStart: (subscriber) => {
        access = this.#start(subscriber, request);
      },
      onEnd: (subscriber) => this.#end(subscriber, request, access !== undefined),
      mayRead: async () => (access ? access.ensure() : false),
    });
  }

  recordCreation({ projectId }: Caller, created: CreatedVersion): Promise<void> {
    const { history, clock, log } = this.options;
    const { jobId, versionId, statusCode, createTime } = created;
    const now = clock.now();
    const status: StatusChange = {
      kind: "status",
      versionId,
      statusCode,
      previousCode: null,
      observedAt: now,
      createTime: createTime ?? now,
      version: null,
      createdAt: now,
      gap: false,
    };
    return history.introduce({ projectId, jobId }, status, this.#deps.newId).catch((error: unknown) => {
      log.warn(
        { event: "watch_creation_not_recorded", err: error },
        "A new version's first status is not in its history",
      );
    });
  }

  /**
   * Gives the leases up. Readers get what has arrived for them, and then wait for ever, because an end would look to
   * clients like the end of the events: the transports close their connections, and clients come back elsewhere. To be
   * called before that: a lease that is given up because the last reader has gone says that nobody watches the job any
   * more, and what changes until somebody is back is then marked as a gap.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    const watches = [...this.#watches.values()];
    this.#watches.clear();
    await Promise.all([...watches.map((watch) => watch.close("handover")), ...this.#closing.values()]);
  }

  #start(subscriber: Subscriber, request: WatchRequest): ReturnType<JobWatch["add"]> | undefined {
    if (this.#closed) {
      subscriber.freeze();
      return undefined;
    }
    const job: JobKey = { projectId: request.caller.projectId, jobId: request.jobId };
    const tag = cursorTag(job);
    const after = request.after === undefined ? undefined : decodeCursor(tag, request.after);
    this.#count(request.quotaKey);
    const watch = this.#watches.get(jobKeyText(job)) ?? this.#open(job, tag);
    return watch.add(subscriber, request.caller, request.requestId, after);
  }

  #open(job: JobKey, tag: string): JobWatch {
    const key = jobKeyText(job);
    const onLeader = (isLeader: boolean) => {
      this.#leases += isLeader ? 1 : -1;
      this.options.events.leases(this.#leases);
    };
    const watch = new JobWatch(
      { job, tag },
      this.#deps,
      onLeader,
      this.#closing.get(key) ?? Promise.resolve(),
    );
    this.#watches.set(key, watch);
    this.options.events.watches(this.#watches.size);
    return watch;
  }

  #end(subscriber: Subscriber, { caller, jobId, quotaKey }: WatchRequest, wasCounted: boolean): void {
    if (!wasCounted) return;
    this.#uncount(quotaKey);
    const key = jobKeyText({ projectId: caller.projectId, jobId });
    const watch = this.#watches.get(key);
    watch?.remove(subscriber, caller);
    if (!watch?.isEmpty) return;
    this.#watches.delete(key);
    this.options.events.watches(this.#watches.size);
    // One that is opened and closed meanwhile must not let its successor start before its predecessor has ended.
    const before = this.#closing.get(key);
    const closing = Promise.all([before, watch.close("unwatched")]).then(() => {
      if (this.#closing.get(key) === closing) this.#closing.delete(key);
    });
    this.#closing.set(key, closing);
  }

  #count(quotaKey: string): void {
    const { subscriptionsMax, subscriptionsPerCredential } = this.options.limits;
    const own = this.#byQuotaKey.get(quotaKey) ?? 0;
    if (own >= subscriptionsPerCredential) {
      throw tooMany(
        `You have ${own} subscriptions open, which is the limit. End one before you start another.`,
      );
    }
    if (this.#subscribers >= subscriptionsMax) {
      throw tooMany(
        `This gateway has ${this.#subscribers} subscriptions open, which is its limit. Try again later.`,
      );
    }
    this.#byQuotaKey.set(quotaKey, own + 1);
    this.#subscribers += 1;
    this.options.events.subscribers(this.#subscribers);
  }

  #uncount(quotaKey: string): void {
    const left = (this.#byQuotaKey.get(quotaKey) ?? 1) - 1;
    if (left > 0) this.#byQuotaKey.set(quotaKey, left);
    else this.#byQuotaKey.delete(quotaKey);
    this.#subscribers -= 1;
    this.options.events.subscribers(this.#subscribers);
  }
}

/** When another subscription has ended cannot be known. */
const TRY_AGAIN_MS = 1_000;

function tooMany(message: string): GatewayError {
  return new GatewayError("RATE_LIMITED", message, { retryAfterMs: TRY_AGAIN_MS });
}
