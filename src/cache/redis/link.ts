import type { Clock } from "../../clock.js";
import type { RedisConnection } from "../../redis.js";
import { TimedOut } from "../../redis-timeout.js";
import type { Script } from "./scripts.js";

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

  constructor(private readonly options: RedisLinkOptions) {}

  /** As Redis's latest answer showed it; undefined before the first. */
  get offset(): ClockOffset | undefined {
    return this.#offset;
  }

  /** Takes Redis's time from an answer that has just come. `askedAt`: when it was asked for (ms since the epoch). */
  noteTime(redisNow: unknown, askedAt: number): void {
    const at = Number(redisNow);
    if (Number.isFinite(at)) this.#offset = { leastMs: at - this.options.clock.now(), mostMs: at - askedAt };
  }

  /** Runs a script whose keys share one slot. */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.call(() => this.#evaluate(script, keys, args));
  }

  /** Sends a command that is no script. */
  call<T>(command: (commands: RedisConnection["commands"]) => Promise<T>): Promise<T> {
    if (this.#suspended || !this.options.redis.isUp()) return Promise.reject(new Error("Redis is away"));
    return this.#inTime(command(this.options.redis.commands));
  }

  /** The same also while calls are suspended; an answer ends the suspension. */
  async probe(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    if (!this.options.redis.isUp()) throw new Error("Redis is away");
    const answer = await this.#inTime(this.#evaluate(script, keys, args));
    this.#suspended = false;
    return answer;
  }

  async #inTime<T>(answer: Promise<T>): Promise<T> {
    try {
      return await this.options.redis.timeout.wait(answer);
    } catch (error) {
      if (error instanceof TimedOut) this.#suspended = true;
      throw error;
    }
  }

  /** Sends the text only to a server that does not know the script, after a restart for instance. */
  async #evaluate({ lua, sha }: Script, keys: readonly string[], args: readonly (string | number)[]) {
    const { commands } = this.options.redis;
    try {
      return await commands.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return commands.eval(lua, keys.length, ...keys, ...args);
    }
  }
}
