import type { Clock } from "../../clock.js";
import type { RedisLink } from "./link.js";
import type { RedisNames } from "./names.js";
import { texts } from "./reply.js";
import { READ_PROOF, RECORD_PROOF, REVOKE } from "./scripts.js";

export interface RedisProofsOptions {
  link: RedisLink;
  names: RedisNames;
  clock: Clock;
}

/** The proofs of access that replicas share. Each method rejects when Redis does not answer. */
export class RedisProofs {
  constructor(private readonly options: RedisProofsOptions) {}

  async record(group: string, credentialId: string, ttlMs: number): Promise<void> {
    const { link, names, clock } = this.options;
    // The instant is in the value: a command that Redis executes late must not make the proof younger.
    const provenAt = link.redisTime(clock.now());
    await link.run(RECORD_PROOF, [names.proof(group, credentialId)], [provenAt, ttlMs]);
  }

  /** Milliseconds since the latest proof; undefined when none holds. */
  async read(group: string, credentialId: string, ttlMs: number): Promise<number | undefined> {
    const { link, names, clock } = this.options;
    const askedAt = clock.now();
    const [now, age = ""] = texts(await link.run(READ_PROOF, [names.proof(group, credentialId)], [ttlMs]));
    link.noteTime(now, askedAt);
    return age === "" ? undefined : link.ageNow(age, askedAt);
  }

  async revoke(group: string, credentialId: string, ttlMs: number): Promise<void> {
    await this.options.link.run(REVOKE, [this.options.names.proof(group, credentialId)], [ttlMs]);
  }
}
