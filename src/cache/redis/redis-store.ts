import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.js";
import type { Logger } from "../../observability/logger.js";
import type { RedisConnection } from "../../redis.js";
import { type CacheEvents, silentCacheEvents } from "../events.js";
import type {
  LoadLock,
  ObserveRequest,
  PeekRequest,
  ReadRequest,
  SharedStore,
  StoredEntry,
  StoreListener,
  StorePeek,
  StoreRead,
  WriteRequest,
} from "../store.js";
import { RedisChannel } from "./channel.js";
import { decodeEntry, encodeEntry } from "./codec.js";
import { type ClockOffset, RedisLink } from "./link.js";
import { encodeMessage } from "./messages.js";
import { RedisNames } from "./names.js";
import { EXTEND, INVALIDATE, OBSERVE, PEEK, READ, READ_PROOF, RELEASE, REVOKE, WRITE } from "./scripts.js";
import { UnsentInvalidations } from "./unsent.js";

/** A group's generation outlives its entries by at least this (ms): one that is lost voids them, early but safely. */
const GENERATION_SPARE_MS = 60_000;

export interface RedisStoreOptions {
  clock: Clock;
  log: Logger;
  events?: CacheEvents;
  /** The longest that an entry is kept: the greatest TTL, and the time that it may be given past its end (1 h unless told). */
  longestLifeMs?: number;
}

/** The store that replicas share. It starts to listen at once, and comes back by itself when Redis does. */
export function createRedisStore(redis: RedisConnection, options: RedisStoreOptions): SharedStore {
  return new RedisStore(redis, options);
}

class RedisStore implements SharedStore {
  readonly isShared = true;
  readonly #names: RedisNames;
  readonly #link: RedisLink;
  readonly #channel: RedisChannel;
  readonly #unsent: UnsentInvalidations;
  readonly #clock: Clock;
  readonly #longestLifeMs: number;
  readonly #generationTtlMs: number;
  #repeating = false;

  constructor(
    redis: RedisConnection,
    { clock, log, events = silentCacheEvents, longestLifeMs = 3_600_000 }: RedisStoreOptions,
  ) {
    this.#clock = clock;
    this.#longestLifeMs = longestLifeMs;
    this.#names = new RedisNames(redis.keyPrefix);
    this.#link = new RedisLink({ redis, clock });
    this.#unsent = new UnsentInvalidations(clock.now, longestLifeMs);
    this.#generationTtlMs = longestLifeMs + GENERATION_SPARE_MS;
    const name = this.#names.channel;
    const onAnswer = () => void this.#repeatUnsent();
    this.#channel = new RedisChannel({ redis, link: this.#link, name, clock, log, events, onAnswer });
  }

  async read({ key, credentialId, proven, proofTtlMs, lock }: ReadRequest): Promise<StoreRead> {
    this.#refuseUnsent(key.group);
    const { group, part } = key;
    const names = this.#names;
    const keys = [
      names.generation(group),
      names.entry(key),
      names.proof(group, credentialId),
      names.sharedLock(key),
      names.ownLock(key, credentialId),
    ];
    const { token = "", leaseMs = 0 } = lock ?? {};
    const flags = [proven ? "1" : "0", proofTtlMs, token, leaseMs];
    const askedAt = this.#clock.now();
    const reply = await this.#link.run(READ, keys, [randomUUID(), this.#generationTtlMs, part, ...flags]);
    this.#refuseUnsent(key.group);
    return this.#readReply(reply, askedAt);
  }

  async peek({ group, keys, credentialId, proofTtlMs }: PeekRequest): Promise<StorePeek> {
    this.#refuseUnsent(group);
    const names = this.#names;
    const entryNames = keys.map((key) => names.entry(key));
    const parts = keys.map(({ part }) => part);
    const askedAt = this.#clock.now();
    const reply = await this.#link.run(
      PEEK,
      [names.generation(group), names.proof(group, credentialId), ...entryNames],
      [proofTtlMs, ...parts],
    );
    this.#refuseUnsent(group);
    const [now, proofAge = "", ...entries] = texts(reply);
    this.#link.noteTime(now, askedAt);
    return {
      entries: entries.map((text) => this.#decoded(text)),
      ...(proofAge !== "" && { proofAgeMs: this.#ageNow(proofAge, askedAt) }),
    };
  }

  async write({ key, generation, entry, staleMs, lock, proof }: WriteRequest): Promise<boolean> {
    this.#refuseUnsent(key.group);
    const names = this.#names;
    const { beforeGeneration, afterGeneration } = encodeEntry(entry, this.#offset.leastMs);
    const value = `${beforeGeneration}${generation}${afterGeneration}`;
    const times = [
      this.#redisTime(entry.beganAt),
      value,
      this.#keptUntil(entry, staleMs),
      this.#generationTtlMs,
    ];
    const lockName = lock?.name ?? names.sharedLock(key);
    const message = encodeMessage({ kind: "released", lock: lockName });
    const keys = [names.generation(key.group), names.entry(key), lockName];
    const args = [key.part, generation, ...times, lock?.token ?? "", names.channel, message];
    if (proof !== undefined) {
      keys.push(names.proof(key.group, proof.credentialId));
      args.push(this.#redisTime(this.#clock.now()), proof.ttlMs);
    }
    return (await this.#link.run(WRITE, keys, args)) === 1;
  }

  async release(group: string, lock: LoadLock | undefined, forget?: string): Promise<void> {
    const entry = this.#names.entry({ group, name: forget ?? "" });
    const name = lock?.name ?? entry;
    const message = encodeMessage({ kind: "released", lock: name });
    const args = [lock?.token ?? "", this.#names.channel, message, forget === undefined ? "0" : "1"];
    await this.#link.run(RELEASE, [name, entry], args);
  }

  async extend(_group: string, { name, token }: LoadLock, leaseMs: number): Promise<void> {
    await this.#link.run(EXTEND, [name], [token, leaseMs]);
  }

  async invalidate(group: string): Promise<void> {
    try {
      await this.#invalidate(group);
    } catch (error) {
      this.#unsent.add(group);
      throw error;
    }
  }

  async observe({ key, entry, staleMs, quietMs, dropped }: ObserveRequest): Promise<void> {
    this.#refuseUnsent(key.group);
    const { beforeGeneration, afterGeneration } = encodeEntry(entry, this.#offset.leastMs);
    const head = [randomUUID(), this.#generationTtlMs, key.part, Math.round(quietMs)];
    const value = [
      this.#redisTime(entry.beganAt),
      beforeGeneration,
      afterGeneration,
      this.#keptUntil(entry, staleMs),
    ];
    const keys = [this.#names.generation(key.group), this.#names.entry(key)];
    const run = (message: string) =>
      this.#link.run(OBSERVE, keys, [...head, ...value, this.#names.channel, message, ...dropped]);
    if (dropped.length === 0) {
      await run("");
      return;
    }
    try {
      await this.#channel.tell(key.group, dropped, run);
    } catch (error) {
      this.#unsent.add(key.group);
      throw error;
    }
  }

  async recordProof(group: string, credentialId: string, ttlMs: number): Promise<void> {
    // The instant is in the value: a command that Redis executes late must not make the proof younger.
    const provenAt = this.#redisTime(this.#clock.now());
    const name = this.#names.proof(group, credentialId);
    await this.#link.call((commands) => commands.set(name, provenAt, "PX", ttlMs));
  }

  async readProof(group: string, credentialId: string, ttlMs: number): Promise<number | undefined> {
    const askedAt = this.#clock.now();
    const reply = await this.#link.run(READ_PROOF, [this.#names.proof(group, credentialId)], [ttlMs]);
    const [now, age] = texts(reply);
    this.#link.noteTime(now, askedAt);
    return age === "" ? undefined : this.#ageNow(age, askedAt);
  }

  async revokeProof(group: string, credentialId: string, ttlMs: number): Promise<void> {
    await this.#link.run(REVOKE, [this.#names.proof(group, credentialId)], [ttlMs]);
  }

  listen(listener: StoreListener): () => void {
    return this.#channel.listen(listener);
  }

  isTold(): boolean {
    return this.#channel.isAlive();
  }

  async close(): Promise<void> {
    this.#channel.close();
  }

  #invalidate(group: string): Promise<void> {
    const { channel } = this.#names;
    return this.#channel.tell(group, undefined, (message) =>
      this.#link.run(
        INVALIDATE,
        [this.#names.generation(group)],
        [randomUUID(), this.#generationTtlMs, channel, message],
      ),
    );
  }

  /** Redis may hold what this replica knows to be void. */
  #refuseUnsent(group: string): void {
    if (this.#unsent.has(group)) throw new Error("Redis has not confirmed the group's invalidation yet");
  }

  async #repeatUnsent(): Promise<void> {
    if (this.#repeating) return;
    this.#repeating = true;
    try {
      for (const [group, mark] of this.#unsent.list()) {
        await this.#invalidate(group);
        this.#unsent.confirm(group, mark);
      }
    } catch {
      // Redis is away again: the next beacon that it takes begins anew.
    } finally {
      this.#repeating = false;
    }
  }

  #readReply(reply: unknown, askedAt: number): StoreRead {
    const [now, generation = "", proofAge, text = "", lockName = "", owner = ""] = texts(reply);
    this.#link.noteTime(now, askedAt);
    const entry = this.#decoded(text);
    return {
      generation,
      ...(entry && { entry }),
      ...(proofAge !== "" && { proofAgeMs: this.#ageNow(proofAge, askedAt) }),
      ...(lockName !== "" && { lock: { name: lockName, token: owner } }),
    };
  }

  #decoded(text: string): StoredEntry | undefined {
    return text === "" ? undefined : decodeEntry(text, this.#offset.mostMs);
  }

  /** What Redis told was so old when it answered; when that was is known to be after it was asked. */
  #ageNow(ageMs: string | undefined, askedAt: number): number {
    return Number(ageMs) + this.#clock.now() - askedAt;
  }

  get #offset(): ClockOffset {
    if (this.#link.offset === undefined) throw new Error("Redis's time is not known yet");
    return this.#link.offset;
  }

  /** In Redis's time: no later than it was, so that nothing becomes younger on its way through Redis. */
  #redisTime(at: number): number {
    return Math.round(at + this.#offset.leastMs);
  }

  #keptUntil({ answeredAt, ttlMs }: StoredEntry, staleMs: number): number {
    return this.#redisTime(answeredAt + Math.min(ttlMs === 0 ? 0 : ttlMs + staleMs, this.#longestLifeMs));
  }
}

function texts(reply: unknown): string[] {
  if (!Array.isArray(reply)) throw new Error("Redis answered a script with something unexpected");
  return reply.map(String);
}
