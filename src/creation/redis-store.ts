import type { Clock } from "../clock.js";
import type { Logger } from "../observability/logger.js";
import type { RedisConnection } from "../redis.js";
import { listenTo } from "../redis-channel.js";
import { RedisScript } from "../redis-script.js";
import { inFormat, readFormat, UnreadableRecord } from "./format.js";
import { isHeld, type KeyRecord } from "./record.js";
import { createRedisOwners, createRedisPosts } from "./redis-job-index.js";
import { type Decide, type Decision, type IdempotencyStore, RETENTION_MS } from "./store.js";
import { createWakeUps } from "./wake-ups.js";

export interface RedisStoreOptions {
  /** For the time-outs of waiters alone; every instant in a record is Redis's own. */
  clock: Clock;
  log: Logger;
}

const READ = new RedisScript(`
local time = redis.call('TIME')
return { redis.call('GET', KEYS[1]), time[1] * 1000 + math.floor(time[2] / 1000) }
`);

/**
 * ARGV: the record as it was read ('' for none), as it shall be ('' to remove it), how long it is kept (ms), the
 * channel on which to tell the waiters ('' for nobody), and what to tell them. Every write changes the token, the
 * state or the lease, so that an equal text is an equal state.
 */
const REPLACE = new RedisScript(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
return 1
`);

/** Losing that often in a row takes a defect: whoever loses finds the key held and has nothing to write. */
const MAX_ROUNDS = 50;

interface Read {
  text: string;
  record: KeyRecord | undefined;
  now: number;
}

function parseRecord(text: string, redisKey: string): KeyRecord {
  const json = readFormat(text, redisKey);
  try {
    return JSON.parse(json) as KeyRecord;
  } catch {
    throw new UnreadableRecord(redisKey);
  }
}

function parseRead(reply: unknown, redisKey: string): Read {
  const [text, now] = Array.isArray(reply) ? reply : [];
  if (typeof now !== "number")
    throw new Error("Redis answered a read of an idempotency key without its time");
  if (typeof text !== "string") return { text: "", record: undefined, now };
  return { text, record: parseRecord(text, redisKey), now };
}

/**
 * Keys and results shared among replicas, across their restarts.
 *
 * A record is one string under a hash of its key, replaced by compare-and-set: the transitions, with their fencing
 * tokens, are the same code for every store. Each key has a slot of its own, so a cluster spreads them; what one
 * script touches is always one key. Needs Redis 5 or later: scripts read its clock and then write.
 */
export function createRedisIdempotencyStore(
  redis: RedisConnection,
  { clock, log }: RedisStoreOptions,
): IdempotencyStore {
  const prefix = `${redis.keyPrefix}creation:`;
  const channel = `${prefix}changed`;
  const wakeUps = createWakeUps(clock);
  let stopListening: (() => void) | undefined;

  const nameOf = (keyId: string) => `${prefix}key:{${keyId}}`;

  async function replace<T>(keyId: string, read: Read, { write }: Decision<T>): Promise<boolean> {
    if (write === undefined) return true;
    const text = write === null ? "" : inFormat(JSON.stringify(write));
    const toldOn = write !== null && isHeld(write, read.now) ? "" : channel;
    const args = [read.text, text, RETENTION_MS, toldOn, keyId];
    return (await REPLACE.run(redis, [nameOf(keyId)], args)) === 1;
  }

  return {
    async transact<T>(keyId: string, decide: Decide<T>): Promise<T> {
      for (let round = 1; round <= MAX_ROUNDS; round += 1) {
        const read = parseRead(await READ.run(redis, [nameOf(keyId)], []), nameOf(keyId));
        const decision = decide(read.record, read.now);
        if (await replace(keyId, read, decision)) return decision.reply;
      }
      throw new Error(`An idempotency key changed ${MAX_ROUNDS} times while it was being written`);
    },
    async changed(keyId, ms) {
      // A message that is lost costs a waiter some time, never the result: he also looks by himself.
      stopListening ??= listenTo(redis, { channel, clock, log, hear: wakeUps.wake });
      await wakeUps.wait(keyId, ms);
    },
    owners: createRedisOwners(redis, prefix),
    posts: createRedisPosts(redis, prefix),
    async close() {
      stopListening?.();
      wakeUps.close();
    },
  };
}
