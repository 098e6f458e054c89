import type { RedisConnection } from "../../redis.js";
import { RedisScript } from "../../redis-script.js";
import type { PollThrottle, ThrottleState } from "../ports.js";
import { afterThrottled, THROTTLE_HALF_LIFE_MS, type ThrottleRecord, throttleState } from "../throttling.js";
import { throttleKey } from "./keys.js";

const READ = new RedisScript(`
local t = redis.call('TIME')
return { tostring(t[1] * 1000 + math.floor(t[2] / 1000)), redis.call('HMGET', KEYS[1], 'until', 'factor', 'since') }
`);

/** ARGV: 1 until, 2 factor, 3 since, 4 retention in ms. Another replica may have asked for a longer silence meanwhile. */
const WRITE = new RedisScript(`
local known = tonumber(redis.call('HGET', KEYS[1], 'until') or '0')
local till = known > tonumber(ARGV[1]) and string.format('%.0f', known) or ARGV[1]
redis.call('HSET', KEYS[1], 'until', till, 'factor', ARGV[2], 'since', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
`);

/** Slows a project's polls on all replicas. */
export class RedisThrottle implements PollThrottle {
  constructor(private readonly redis: RedisConnection) {}

  async state(projectId: string): Promise<ThrottleState> {
    const { record, now } = await this.#read(projectId);
    return throttleState(record, now);
  }

  async slow(projectId: string, retryAfterMs: number): Promise<void> {
    const { record, now } = await this.#read(projectId);
    const { until, factor, since } = afterThrottled(record, Math.ceil(retryAfterMs), now);
    // Until nothing is left of it: the silence itself, and every halving after it.
    const retentionMs = until - now + 10 * THROTTLE_HALF_LIFE_MS;
    await WRITE.run(this.redis, [throttleKey(this.redis, projectId)], [until, factor, since, retentionMs]);
  }

  async #read(projectId: string): Promise<{ record: ThrottleRecord | undefined; now: number }> {
    const reply = await READ.run(this.redis, [throttleKey(this.redis, projectId)], []);
    const [now, [until, factor, since]] = reply as [string, (string | null)[]];
    const record = until ? { until: Number(until), factor: Number(factor), since: Number(since) } : undefined;
    return { record, now: Number(now) };
  }
}
