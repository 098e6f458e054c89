import { createHash } from "node:crypto";
import type { RedisConnection } from "../../redis.js";

/** A Lua script that is sent by its hash, and in full when the server does not know it (any more). */
export class Script {
  readonly #sha: string;

  constructor(private readonly source: string) {
    this.#sha = createHash("sha1").update(source).digest("hex");
  }

  async run({ commands }: RedisConnection, keys: string[], args: (string | number)[]): Promise<unknown> {
    try {
      return await commands.evalsha(this.#sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return commands.eval(this.source, keys.length, ...keys, ...args);
    }
  }
}
