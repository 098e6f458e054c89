import type { RedisClient, RedisConnection } from "../../src/redis.js";

/** Names the command that reads a whole value of that type. */
const READ: Record<string, (redis: RedisClient, key: string) => Promise<unknown>> = {
  string: (redis, key) => redis.get(key),
  hash: (redis, key) => redis.hgetall(key),
  list: (redis, key) => redis.lrange(key, "0", "-1"),
  set: (redis, key) => redis.smembers(key),
  zset: (redis, key) => redis.zrange(key, "0", "-1"),
  stream: (redis, key) => redis.xrange(key, "-", "+"),
};

/** Every key below the connection's prefix with its whole value, as one text. */
export async function redisContents({ commands, keyPrefix }: RedisConnection): Promise<string> {
  const lines: string[] = [];
  for (const key of await commands.keys(`${keyPrefix}*`)) {
    const type = await commands.type(key);
    const read = READ[type];
    if (read === undefined && type !== "none") throw new Error(`no way to read a ${type}`);
    lines.push(`${key} ${JSON.stringify(await read?.(commands, key))}`);
  }
  return lines.join("\n");
}
