import type { Clock } from "../../clock.js";
import type { RedisConnection } from "../../redis.js";
import type { RedisScript } from "../../redis-script.js";
import { TimedOut } from "../../redis-timeout.js";

export interface RedisLinkOptions {
  redis: RedisConnection;
  clock: Clock;
}

/**
 * Redis's clock minus this process's. Redis read its clock at some time between question and answer, so that the
 * difference is known to lie between two bounds.
 */
export interface ClockOffset {
  leastMs: number;
  mostMs: number;
}

/**
 * Calls to Redis that never hold a lookup up: they reject at once while Redis is away, after the time-out when it is
 * slow, and at once again until a probe has been answered, so that nothing piles up behind a Redis that hangs.
 */
export class RedisLink {
  #suspended = false;
  #offset: ClockOffset | undefined;
  readonly #fail = (error: unknown): never => {
    if (error instanceof TimedOut) this.#suspended = true;
    throw error;
  };

  constructor(private readonly options: RedisLinkOptions) {}

  /** As Redis's latest answer showed it. Throws before the first. */
  get offset(): ClockOffset {
    if (this.#offset === undefined) throw new Error("Redis's time is not known yet");
    return this.#offset;
  }

  /** Takes Redis's time from an answer that has just come. `askedAt`: when it was asked for (ms since the epoch). */
  noteTime(redisNow: unknown, askedAt: number): void {
    const at = Number(redisNow);
    if (Number.isFinite(at)) this.#offset = { leastMs: at - this.options.clock.now(), mostMs: at - askedAt };
  }

  /** In Redis's time: no later than it was, so that nothing becomes younger on its way through Redis. */
  redisTime(at: number): number {
    return Math.round(at + this.offset.leastMs);
  }

  /** What Redis told was so old (ms) when it answered; when that was is known to be after it was asked. */
  ageNow(ageMs: string, askedAt: number): number {
    return Number(ageMs) + this.options.clock.now() - askedAt;
  }

  /** Runs a script whose keys share one slot. */
  run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    if (!this.#isOpen()) return Promise.reject(new Error("Redis is away"));
    return script.run(this.options.redis, keys, args).catch(this.#fail);
  }

  /** The same also while calls are suspended; an answer ends the suspension. */
  async probe(
    script: RedisScript,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    if (!this.options.redis.isUp()) throw new Error("Redis is away");
    const answer = await script.run(this.options.redis, keys, args).catch(this.#fail);
    this.#suspended = false;
    return answer;
  }

  #isOpen(): boolean {
    return !this.#suspended && this.options.redis.isUp();
  }
}
