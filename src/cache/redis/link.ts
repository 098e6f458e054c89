import type { Clock } from "../../clock.js";
import type { RedisConnection } from "../../redis.js";
import type { Script } from "./scripts.js";

export interface RedisLinkOptions {
  redis: RedisConnection;
  clock: Clock;
  /** A call that takes longer counts as Redis away (ms). */
  timeoutMs: number;
}

/**
 * A process whose event loop was busy for more than this share of a call's time may not have come to read the answer:
 * the time-out says nothing of Redis then, and the call is made again.
 */
const BUSY_SHARE = 0.5;
const MAX_ATTEMPTS = 5;

/**
 * Calls to Redis that never hold a lookup up: they reject at once while Redis is away, after the time-out when it is
 * slow, and at once again until a probe has been answered, so that nothing piles up behind a Redis that hangs.
 */
export class RedisLink {
  #suspended = false;
  #offsetMs: number | undefined;

  constructor(private readonly options: RedisLinkOptions) {}

  /** Redis's clock minus this process's (ms), as its latest answer showed; undefined before the first. */
  get offsetMs(): number | undefined {
    return this.#offsetMs;
  }

  /** Takes Redis's time from an answer that has just come. */
  noteTime(redisNow: unknown): void {
    const at = Number(redisNow);
    if (Number.isFinite(at)) this.#offsetMs = at - this.options.clock.now();
  }

  /** Runs a script whose keys share one slot. It can be sent twice. */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.call(() => this.#evaluate(script, keys, args));
  }

  /** Sends a command that is no script. It can be sent twice. */
  call<T>(command: (commands: RedisConnection["commands"]) => Promise<T>): Promise<T> {
    if (this.#suspended || !this.options.redis.isUp()) return Promise.reject(new Error("Redis is away"));
    return this.#bounded(() => command(this.options.redis.commands), MAX_ATTEMPTS);
  }

  /** The same also while calls are suspended; an answer ends the suspension. */
  async probe(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    if (!this.options.redis.isUp()) throw new Error("Redis is away");
    const answer = await this.#bounded(() => this.#evaluate(script, keys, args), 1);
    this.#suspended = false;
    return answer;
  }

  async #bounded<T>(send: () => Promise<T>, attempts: number): Promise<T> {
    const before = performance.eventLoopUtilization();
    try {
      return await this.#inTime(send());
    } catch (error) {
      if (!isTimeOut(error)) throw error;
      const busy = performance.eventLoopUtilization(before).utilization > BUSY_SHARE;
      if (busy && attempts > 1) return this.#bounded(send, attempts - 1);
      if (!busy) this.#suspended = true;
      throw error;
    }
  }

  async #inTime<T>(answer: Promise<T>): Promise<T> {
    const { timeoutMs } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new TimedOut(`Redis did not answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
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

class TimedOut extends Error {}

/** The client has a time-out of its own for each command; a command that waits behind others passes it unseen. */
function isTimeOut(error: unknown): boolean {
  return error instanceof TimedOut || (error instanceof Error && error.message === "Command timed out");
}
