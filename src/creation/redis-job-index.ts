import type { LongId } from "../domain/index.js";
import type { RedisConnection } from "../redis.js";
import { RedisScript } from "../redis-script.js";
import { inFormat, readFormat } from "./format.js";
import type { Intent } from "./intent.js";
import { type JobScope, type PostsUnderWay, RETENTION_MS, type VersionOwners } from "./store.js";

const TAKE = new RedisScript(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return ARGV[1] end
return redis.call('GET', KEYS[1])
`);

/** One key per version, so that each is forgotten in its time; those of one job share a slot and are read together. */
export function createRedisOwners(redis: RedisConnection, prefix: string): VersionOwners {
  const nameOf = ({ projectId, jobId }: JobScope, versionId: LongId) =>
    `${prefix}owner:{${projectId}/${jobId}}:${versionId}`;
  return {
    async set(job, versionId, owner) {
      await redis.commands.set(nameOf(job, versionId), inFormat(owner), "PX", RETENTION_MS);
    },
    async take(job, versionId, owner) {
      const name = nameOf(job, versionId);
      const holder = await TAKE.run(redis, [name], [inFormat(owner), RETENTION_MS]);
      return readFormat(String(holder), name) === owner;
    },
    async of(job, versionIds) {
      if (versionIds.length === 0) return new Map();
      const names = versionIds.map((versionId) => nameOf(job, versionId));
      const owners = await redis.commands.mget(names);
      const known = new Map<LongId, string>();
      for (const [i, versionId] of versionIds.entries()) {
        const owner = owners[i];
        if (typeof owner === "string") known.set(versionId, readFormat(owner, names[i] ?? ""));
      }
      return known;
    },
  };
}

/** What died before it could say that its POST has ended is dropped with the next one that begins after an hour. */
const STALE_POST_MS = 60 * 60 * 1_000;

const BEGIN = new RedisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);

const OTHERS = new RedisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, post in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. (now - ARGV[2]), '+inf')) do
  if post ~= ARGV[1] then return 1 end
end
return 0
`);

/**
 * One sorted set per config that is being created, scored by Redis's time. A member of another format is nobody's own,
 * and so counts as another key's.
 */
export function createRedisPosts(redis: RedisConnection, prefix: string): PostsUnderWay {
  const nameOf = ({ configFingerprint }: Intent) => `${prefix}posts:{${configFingerprint}}`;
  return {
    async begin(intent) {
      await BEGIN.run(redis, [nameOf(intent)], [inFormat(intent.keyId), STALE_POST_MS]);
    },
    async end(intent) {
      await redis.commands.zrem(nameOf(intent), inFormat(intent.keyId));
    },
    async othersThan(intent, withinMs) {
      return (await OTHERS.run(redis, [nameOf(intent)], [inFormat(intent.keyId), withinMs])) === 1;
    },
  };
}
