import { pino } from "pino";
import { createProofs } from "../../../../src/cache/index.js";
import { type Clock, systemClock } from "../../../../src/clock.js";
import type { LimitsConfig, WatchConfig } from "../../../../src/config/index.js";
import type { LongId, StatusEvent } from "../../../../src/domain/index.js";
import type { StatusWatch, WatchRequest } from "../../../../src/ports.js";
import {
  createMemoryWatchStores,
  createStatusWatch,
  type StatusWatchOptions,
  type WatchEvents,
  type WatchStores,
} from "../../../../src/watch/index.js";
import { silentCacheEvents, silentWatchEvents } from "../../../support/silent-events.js";
import { callerWith, JOB, type ScriptedUpstream } from "./scripted-upstream.js";

export interface ReplicaOptions {
  upstream: Pick<ScriptedUpstream, "poll">;
  stores?: WatchStores;
  clock?: Clock;
  config?: Partial<WatchConfig>;
  limits?: Partial<LimitsConfig>;
  events?: Partial<WatchEvents>;
  lookups?: Partial<StatusWatchOptions["lookups"]>;
  proofTtlMs?: number;
}

export interface Replica {
  watch: StatusWatch;
  proofs: StatusWatchOptions["proofs"];
  /** Subscribes and reads on and on. */
  read(request?: Partial<Omit<WatchRequest, "caller">> & { token?: string; project?: string }): Reader;
}

/** One gateway process as far as watching goes. */
export function startReplica(options: ReplicaOptions): Replica {
  const { upstream, clock = systemClock, proofTtlMs = 60_000 } = options;
  const config: WatchConfig = {
    pollIntervalMs: 2_000,
    maxPollIntervalMs: 15_000,
    historyLength: 1_024,
    ...options.config,
  };
  const proofs = createProofs({ store: undefined, proofTtlMs, clock, events: silentCacheEvents });
  const watch = createStatusWatch({
    ...(options.stores ??
      createMemoryWatchStores({ clock, historyLength: config.historyLength, maxWatchedJobs: 100 })),
    poll: upstream.poll,
    lookups: { observeJob: async () => {}, invalidateJob: async () => {}, ...options.lookups },
    proofs,
    config,
    limits: { subscriptionsPerCredential: 100, subscriptionsMax: 20_000, ...options.limits },
    log: pino({ level: "silent" }),
    clock,
    random: () => 0.5,
    events: { ...silentWatchEvents, ...options.events },
  });
  return {
    watch,
    proofs,
    read: ({ token = "t", project = "p", ...request } = {}) => {
      const caller = callerWith(token, project);
      return new Reader(watch.subscribe({ caller, requestId: "r", jobId: JOB, quotaKey: token, ...request }));
    },
  };
}

/** Reads a subscription to its end, as a transport does. */
export class Reader {
  readonly events: StatusEvent[] = [];
  error: unknown;
  ended = false;
  readonly done: Promise<void>;

  constructor(private readonly iterator: AsyncGenerator<StatusEvent, void, undefined>) {
    this.done = this.#read();
  }

  /** Version and status of each event; `!` marks a gap. */
  get told(): string[] {
    return this.events.map((event) => `${event.versionId}:${event.status}${event.gap ? "!" : ""}`);
  }

  get cursor(): string {
    const last = this.events.at(-1);
    if (!last) throw new Error("no event has been read yet");
    return last.cursor;
  }

  async stop(): Promise<void> {
    await this.iterator.return();
  }

  async #read(): Promise<void> {
    try {
      for await (const event of this.iterator) this.events.push(event);
    } catch (error) {
      this.error = error;
    }
    this.ended = true;
  }
}

export const id = (text: string): LongId => text as LongId;
