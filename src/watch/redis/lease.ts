import type { RedisConnection } from "../../redis.js";
import { RedisScript } from "../../redis-script.js";
import { jobKeyText } from "../job-key.js";
import {
  type Claim,
  HISTORY_RETENTION_MS,
  type Hold,
  type JobKey,
  type Release,
  type WatchLease,
} from "../ports.js";
import { jobKeys, wakeChannel } from "./keys.js";

/*
 * KEYS: 1 lease (string: its owner, expires), 2 what is known of holders (hash).
 * Fencing numbers are microseconds of the server's clock, and always upwards, so that they grow also after the store was emptied.
 * ARGV: 1 owner, 2 ttl in ms, 3 the last holder that the claimant saw or '', 4 whether it was that, 5 settled,
 * 6 continuity in ms, 7 retention in ms, 8 whether only a lease with a known last holder is taken. A store without a holder may have forgotten one, and changes that only that
 * one knows: -1 stands for it.
 */
const HOLD = new RedisScript(`
local owner = redis.call('GET', KEYS[1])
local info = redis.call('HMGET', KEYS[2], 'fence', 'heldAt', 'unwatchedAfter')
local fence, heldAt, unwatchedAfter = tonumber(info[1] or '0'), tonumber(info[2] or '0'), tonumber(info[3] or '0')
if owner and owner ~= ARGV[1] then return { 0, string.format('%.0f', fence), 0 } end
local previous = fence
if fence == 0 and ARGV[8] == '1' then return { 0, '0', 0 } end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if not owner then
  local watching = tonumber(ARGV[3]) == fence
  if fence == 0 and ARGV[4] == '0' then unwatchedAfter = -1
  elseif watching and unwatchedAfter == fence then unwatchedAfter = 0
  elseif not watching and unwatchedAfter == 0 and fence > 0 and now - heldAt > tonumber(ARGV[6]) then unwatchedAfter = fence end
  fence = math.max(fence + 1, t[1] * 1000000 + t[2])
elseif ARGV[5] == '1' then unwatchedAfter = 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('HSET', KEYS[2], 'fence', string.format('%.0f', fence), 'heldAt', now, 'unwatchedAfter', string.format('%.0f', unwatchedAfter))
redis.call('PEXPIRE', KEYS[2], ARGV[7])
return { 1, string.format('%.0f', fence), unwatchedAfter == 0 and 1 or 0, string.format('%.0f', previous) }
`);

/** ARGV: 1 owner, 2 whether nobody watches any more, 3 settled, 4 channel, 5 message. */
const RELEASE = new RedisScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
redis.call('DEL', KEYS[1])
local t = redis.call('TIME')
redis.call('HSET', KEYS[2], 'heldAt', t[1] * 1000 + math.floor(t[2] / 1000))
if ARGV[3] == '1' then redis.call('HSET', KEYS[2], 'unwatchedAfter', '0') end
if ARGV[2] == '1' and tonumber(redis.call('HGET', KEYS[2], 'unwatchedAfter') or '0') == 0 then
  redis.call('HSET', KEYS[2], 'unwatchedAfter', redis.call('HGET', KEYS[2], 'fence'))
end
redis.call('PUBLISH', ARGV[4], ARGV[5])
`);

/** Leases that all replicas share. They end by the server's clock. */
export class RedisLease implements WatchLease {
  constructor(private readonly redis: RedisConnection) {}

  async hold(job: JobKey, claim: Claim): Promise<Hold> {
    const { owner, watchedDuring = "", wasHolder = false, settled = false, onlyIfKnown = false } = claim;
    const [ttlMs, continuityMs] = [Math.round(claim.ttlMs), Math.round(claim.continuityMs)];
    const flags = [wasHolder ? 1 : 0, settled ? 1 : 0];
    const known = onlyIfKnown ? 1 : 0;
    const args = [owner, ttlMs, watchedDuring, ...flags, continuityMs, HISTORY_RETENTION_MS, known];
    const reply = await HOLD.run(this.redis, this.#keys(job), args);
    const [held, fence, continuous, previous] = reply as [number, string, number, string];
    if (held === 0) return { held: false, fence: Number(fence) };
    return { held: true, fence: Number(fence), previous: Number(previous), continuous: continuous === 1 };
  }

  async release(job: JobKey, { owner, settled = false, reason }: Release): Promise<void> {
    const flags = [reason === "unwatched" ? 1 : 0, settled ? 1 : 0];
    const args = [owner, ...flags, wakeChannel(this.redis), jobKeyText(job)];
    await RELEASE.run(this.redis, this.#keys(job), args);
  }

  #keys(job: JobKey): string[] {
    const { lease, leaseInfo } = jobKeys(this.redis, job);
    return [lease, leaseInfo];
  }
}
