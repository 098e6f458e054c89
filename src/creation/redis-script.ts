import { createHash } from "node:crypto";
import type { RedisConnection } from "../redis.js";

/** A Lua script and the digest by which a server that has seen it knows it. */
export interface RedisScript {
  lua: string;
  sha: string;
}

export function redisScript(lua: string): RedisScript {
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}

/** Runs a script whose keys share one slot. Sends the text only to a server that does not know it, after a restart for instance. */
export async function runScript(
  redis: Pick<RedisConnection, "commands">,
  { lua, sha }: RedisScript,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.commands.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return redis.commands.eval(lua, keys.length, ...keys, ...args);
  }
}
