import { isOfCredential, type StoreKey } from "../store.js";

/** Changes with the format of what is stored: a release reads only what the same format wrote. */
const FORMAT = "cache1";

/** The names of keys and of the channel. What one group needs shares a hash tag, and so a slot of a cluster. */
export class RedisNames {
  readonly channel: string;

  constructor(private readonly prefix: string) {
    this.channel = `${prefix}${FORMAT}:told`;
  }

  generation(group: string): string {
    return this.#name(group, "generation");
  }

  entry({ group, name }: Pick<StoreKey, "group" | "name">): string {
    return this.#name(group, `entry:${name}`);
  }

  proof(group: string, credentialId: string): string {
    return this.#name(group, `proof:${credentialId}`);
  }

  /** Held by who loads for all who may have the answer. */
  sharedLock({ group, name }: StoreKey): string {
    return this.#name(group, `lock:${name}`);
  }

  /** Held by who loads to prove the access of one credential; the same where the answer is that credential's alone. */
  ownLock(key: StoreKey, credentialId: string): string {
    const shared = this.sharedLock(key);
    return isOfCredential(key, credentialId) ? shared : `${shared}@${credentialId}`;
  }

  #name(group: string, rest: string): string {
    return `${this.prefix}${FORMAT}:{${group}}:${rest}`;
  }
}
