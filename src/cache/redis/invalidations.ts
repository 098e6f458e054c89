import type { Clock } from "../../clock.js";
import type { RedisChannel } from "./channel.js";
import type { RedisLink } from "./link.js";
import type { RedisNames } from "./names.js";
import { INVALIDATE } from "./scripts.js";
import { UnsentInvalidations } from "./unsent.js";

export interface RedisInvalidationsOptions {
  link: RedisLink;
  names: RedisNames;
  channel: RedisChannel;
  clock: Clock;
  /** Makes what sets one generation apart from all others. */
  newName: () => string;
  /** How long a group's generation is kept (ms). */
  generationTtlMs: number;
  /** How long Redis keeps an entry at most (ms). */
  longestLifeMs: number;
}

/** Voids what Redis holds and tells the other replicas; what Redis did not confirm is repeated, and not trusted until then. */
export class RedisInvalidations {
  readonly #unsent: UnsentInvalidations;
  /** Of each group, what ends with the latest invalidation; Redis answers those before it earlier. */
  readonly #underWay = new Map<string, Promise<void>>();
  #repeating = false;

  constructor(private readonly options: RedisInvalidationsOptions) {
    this.#unsent = new UnsentInvalidations(options.clock.now, options.longestLifeMs);
  }

  /** Voids the whole group. Rejects when Redis did not confirm it. */
  ofGroup(group: string): Promise<void> {
    return this.#note(group, this.#confirmed(group, this.#send(group)));
  }

  /**
   * Voids parts of the group by a script that does more than that. Rejects when Redis did not confirm it.
   *
   * @param run runs the script, which publishes the message that it gets
   */
  ofParts(
    group: string,
    parts: readonly string[],
    run: (message: string) => Promise<unknown>,
  ): Promise<void> {
    return this.#note(group, this.#confirmed(group, this.options.channel.tell(group, parts, run)));
  }

  /** True when Redis may hold what this replica knows to be void. */
  isUnsent(group: string): boolean {
    return this.#unsent.has(group);
  }

  /** Throws when Redis may hold what this replica knows to be void. */
  refuseUnsent(group: string): void {
    if (this.isUnsent(group)) throw new Error("Redis has not confirmed the group's invalidation yet");
  }

  /** Resolves with the end of the invalidation of the group that is under way: whether Redis refused it shows only then. */
  underWay(group: string): Promise<void> | undefined {
    return this.#underWay.get(group);
  }

  /** Sends again what Redis did not confirm. */
  async repeatUnsent(): Promise<void> {
    if (this.#repeating) return;
    this.#repeating = true;
    try {
      for (const [group, mark] of this.#unsent.list()) {
        await this.#send(group);
        this.#unsent.confirm(group, mark);
      }
    } catch {
      // Redis is away again: the next beacon that it takes begins anew.
    } finally {
      this.#repeating = false;
    }
  }

  #note(group: string, invalidation: Promise<void>): Promise<void> {
    const forget = () => {
      if (this.#underWay.get(group) === ended) this.#underWay.delete(group);
    };
    const ended = invalidation.then(forget, forget);
    this.#underWay.set(group, ended);
    return invalidation;
  }

  async #confirmed(group: string, sent: Promise<void>): Promise<void> {
    try {
      await sent;
    } catch (error) {
      this.#unsent.add(group);
      throw error;
    }
  }

  #send(group: string): Promise<void> {
    const { link, names, channel, newName, generationTtlMs } = this.options;
    return channel.tell(group, undefined, (message) =>
      link.run(INVALIDATE, [names.generation(group)], [newName(), generationTtlMs, names.channel, message]),
    );
  }
}
