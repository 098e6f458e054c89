import { createHash } from "node:crypto";
import type { RedisConnection } from "./redis.js";

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}

/** A Lua script. It is sent by its digest, and in full to a server that does not know it, after a restart for instance. */
export class RedisScript {
  readonly #sha: string;

  constructor(private readonly lua: string) {
    this.#sha = createHash("sha1").update(lua).digest("hex");
  }

  /** Runs it; its keys share one slot. Rejects with a ReplyError when the script fails, and as any command does. */
  run(
    { commands }: Pick<RedisConnection, "commands">,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    return commands.evalsha(this.#sha, keys.length, ...keys, ...args).catch((error: unknown) => {
      if (!isUnknownScript(error)) throw error;
      return commands.eval(this.lua, keys.length, ...keys, ...args);
    });
  }
}
