import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.js";
import type { Logger } from "../observability/logger.js";
import type { RedisConnection } from "../redis.js";
import type { Allotment, Crowd, LocalPermitSource, PermitSource, Priority } from "../upstream/index.js";
import { readTakeReply, TAKE_SCRIPT, type TakeReply, type TakeRequest } from "./take-script.js";

export interface RedisPermitsOptions {
  redis: Pick<RedisConnection, "commands" | "isUp" | "keyPrefix">;
  /** This replica's own permits: they go on while Redis is away. */
  local: LocalPermitSource;
  /** Of the whole replica set. */
  callsPerMinute: number;
  /** How many calls there may have been when one of that priority is permitted. */
  ceilings: Readonly<Record<Priority, number>>;
  clock: Pick<Clock, "now">;
  log: Logger;
  /** What "per minute" means; a minute unless told. */
  windowMs?: number;
}

/** The window's calls are counted in so many buckets. */
const BUCKETS = 60;

/** A bucket's first calls, and permits that are kept for a moment, must not be forgotten too early. */
const EXTRA_BUCKETS = 2;

/** What is free is left for another replica that waits for so long after it asked; it asks again within a second. */
const WISH_MS = 2_500;

/** After a failure Redis is not asked for so long, so that not every call waits for a time-out. */
const SUSPENSION_MS = 1_000;

const NUMBERS: Record<Priority, number> = { mutation: 1, lookup: 2, poll: 3 };

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Permits that were given out beforehand, for whoever comes next. */
interface Stock {
  count: number;
  bucket: number;
  until: number;
}

const NO_STOCK: Stock = { count: 0, bucket: 0, until: Number.NEGATIVE_INFINITY };

/**
 * Permits of the whole replica set, kept in Redis. One round trip serves all who wait; where there are plenty, it also
 * brings some for the calls of the next second. While Redis is away this replica goes on with its share of the limit,
 * by the replicas last heard of, and tells Redis afterwards.
 */
class RedisPermits implements PermitSource {
  readonly #replica = randomUUID();
  readonly #keys: string[];
  readonly #bucketMs: number;
  #stock = NO_STOCK;
  #unreported = 0;
  #suspendedUntil = Number.NEGATIVE_INFINITY;
  /** Permitted since {@link #paceSince}: tells how many the next second may need. */
  #pace = 0;
  #paceSince = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: RedisPermitsOptions) {
    const base = `${options.redis.keyPrefix}budget:{calls}:`;
    this.#keys = [`${base}buckets`, `${base}replicas`, `${base}projects`];
    this.#bucketMs = (options.windowMs ?? 60_000) / BUCKETS;
  }

  async take(crowds: readonly Crowd[]): Promise<Allotment> {
    const allotment = this.#fromStock(crowds) ?? (await this.#shared(crowds)) ?? this.#alone(crowds);
    this.#notePace(sum(allotment.granted));
    return allotment;
  }

  giveBack(count: number): void {
    this.options.local.giveBack(count);
    if (this.#stock.until > this.options.clock.now()) this.#keep(this.#stock.count + count);
    else this.#unreported = Math.max(0, this.#unreported - count);
  }

  #keep(count: number): void {
    this.#stock = { ...this.#stock, count };
  }

  #fromStock(crowds: readonly Crowd[]): Allotment | undefined {
    const wanted = sum(crowds.map(({ count }) => count));
    const { count, until } = this.#stock;
    if (count < wanted || until <= this.options.clock.now()) return undefined;
    this.#keep(count - wanted);
    this.options.local.note(wanted);
    return {
      granted: crowds.map((crowd) => crowd.count),
      earliestInMs: { mutation: 0, lookup: 0, poll: 0 },
      retryInMs: 0,
    };
  }

  /** Undefined while Redis is away. */
  async #shared(crowds: readonly Crowd[]): Promise<Allotment | undefined> {
    const { redis, clock, log } = this.options;
    const now = clock.now();
    if (!redis.isUp() || now < this.#suspendedUntil) return undefined;
    const request = this.#request(crowds);
    // Given back once, whatever becomes of the request: rather some permits too few than too many.
    this.#stock = NO_STOCK;
    try {
      const reply = await TAKE_SCRIPT.run(redis, this.#keys, [JSON.stringify(request)]);
      return this.#accept(readTakeReply(reply, crowds.length), request, now);
    } catch (error) {
      this.#suspendedUntil = clock.now() + SUSPENSION_MS;
      const reason = error instanceof Error ? error.message : "unknown";
      log.debug(
        { event: "call_budget_alone", reason },
        "Redis gives no permits: going on with this replica's share.",
      );
      return undefined;
    }
  }

  #request(crowds: readonly Crowd[]): TakeRequest {
    const { local, ceilings, callsPerMinute, clock } = this.options;
    const recent = clock.now() - this.#paceSince < this.#bucketMs ? this.#pace : 0;
    return {
      replica: this.#replica,
      bucketMs: this.#bucketMs,
      buckets: BUCKETS + EXTRA_BUCKETS,
      wishMs: WISH_MS,
      ceilings: [ceilings.mutation, ceilings.lookup, ceilings.poll],
      unreported: this.#unreported,
      own: local.recent(),
      back: this.#stock.count,
      backBucket: this.#stock.bucket,
      spare: Math.min(recent, Math.floor(callsPerMinute / BUCKETS)),
      wishes: crowds.map(({ priority, projectId, count }) => [NUMBERS[priority], projectId, count]),
    };
  }

  #accept(reply: TakeReply, request: TakeRequest, askedAt: number): Allotment {
    const { local, callsPerMinute } = this.options;
    const [mutation, lookup, poll] = reply.earliestInMs;
    this.#unreported -= request.unreported;
    this.#stock = { count: reply.spare, bucket: reply.bucket, until: askedAt + this.#bucketMs };
    local.setLimit(Math.max(1, Math.floor(callsPerMinute / reply.replicas)));
    local.note(sum(reply.granted));
    return {
      granted: reply.granted,
      earliestInMs: { mutation, lookup, poll },
      retryInMs: reply.retryInMs,
    };
  }

  #alone(crowds: readonly Crowd[]): Allotment {
    const allotment = this.options.local.take(crowds);
    this.#unreported += sum(allotment.granted);
    // Redis may be back long before this replica's own share allows the next call.
    const soon = (ms: number) => Math.min(ms, SUSPENSION_MS);
    const { mutation, lookup, poll } = allotment.earliestInMs;
    return {
      granted: allotment.granted,
      earliestInMs: { mutation: soon(mutation), lookup: soon(lookup), poll: soon(poll) },
      retryInMs: soon(allotment.retryInMs),
    };
  }

  #notePace(granted: number): void {
    const now = this.options.clock.now();
    if (now - this.#paceSince >= this.#bucketMs) {
      this.#pace = 0;
      this.#paceSince = now;
    }
    this.#pace += granted;
  }
}

/** Shares UPSTREAM_CALLS_PER_MINUTE among the replicas that use the same Redis and key prefix. */
export function createRedisPermits(options: RedisPermitsOptions): PermitSource {
  return new RedisPermits(options);
}
