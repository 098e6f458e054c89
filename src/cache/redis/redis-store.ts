import type { Clock } from "../../clock.js";
import type { Logger } from "../../observability/logger.js";
import type { RedisConnection } from "../../redis.js";
import { createNames } from "../../unique.js";
import type { CacheEvents } from "../events.js";
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
import { RedisInvalidations } from "./invalidations.js";
import { RedisLink } from "./link.js";
import { RedisNames } from "./names.js";
import { RedisProofs } from "./proofs.js";
import { texts } from "./reply.js";
import { EXTEND, OBSERVE, PEEK, READ, RELEASE, WRITE } from "./scripts.js";

/** The longest that an entry is kept, the time included that it may be given past its end (ms). */
const LONGEST_LIFE_MS = 3_600_000;
/** A group's generation outlives its entries by at least a minute: one that is lost voids them, early but safely. */
const GENERATION_TTL_MS = LONGEST_LIFE_MS + 60_000;

export interface RedisStoreOptions {
  clock: Clock;
  log: Logger;
  events: CacheEvents;
}

/** The store that replicas share. It starts to listen at once, and comes back by itself when Redis does. */
export function createRedisStore(redis: RedisConnection, options: RedisStoreOptions): SharedStore {
  return new RedisStore(redis, options);
}

class RedisStore implements SharedStore {
  readonly #names: RedisNames;
  readonly #link: RedisLink;
  readonly #channel: RedisChannel;
  readonly #proofs: RedisProofs;
  readonly #invalidations: RedisInvalidations;
  readonly #clock: Clock;
  readonly #newName = createNames();

  constructor(redis: RedisConnection, { clock, log, events }: RedisStoreOptions) {
    this.#clock = clock;
    this.#names = new RedisNames(redis.keyPrefix);
    this.#link = new RedisLink({ redis, clock });
    this.#proofs = new RedisProofs({ link: this.#link, names: this.#names, clock });

    const { channel: name } = this.#names;
    const onAnswer = () => void this.#invalidations.repeatUnsent();
    this.#channel = new RedisChannel({ redis, link: this.#link, name, clock, log, events, onAnswer });
    this.#invalidations = new RedisInvalidations({
      link: this.#link,
      names: this.#names,
      channel: this.#channel,
      clock,
      newName: this.#newName,
      generationTtlMs: GENERATION_TTL_MS,
      longestLifeMs: LONGEST_LIFE_MS,
    });
  }

  async read({ key, credentialId, proven, proofTtlMs, lock, substitute }: ReadRequest): Promise<StoreRead> {
    const { group, part } = key;
    this.#invalidations.refuseUnsent(group);
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
    const args = [this.#newName(), GENERATION_TTL_MS, part, ...flags];
    if (substitute !== undefined) {
      keys.push(names.entry(substitute));
      args.push(substitute.part);
    }
    const reply = texts(await this.#link.run(READ, keys, args));
    this.#link.noteTime(reply[0], askedAt);
    const [, , , text, substituteText] = reply;
    // Without an answer nothing can be void, and a right to load that is not wanted any more can be given back while Redis answers.
    if (text !== "" || substituteText !== "") await this.#invalidations.underWay(group);
    const read = this.#readReply(reply, askedAt);
    if (!this.#invalidations.isUnsent(group)) return read;
    return { generation: read.generation, ...(read.lock && { lock: read.lock }) };
  }

  async peek({ group, keys, credentialId, proofTtlMs }: PeekRequest): Promise<StorePeek> {
    this.#invalidations.refuseUnsent(group);
    const names = this.#names;
    const entryNames = keys.map((key) => names.entry(key));
    const all = [names.generation(group), names.proof(group, credentialId), ...entryNames];
    const args = [proofTtlMs, ...keys.map(({ part }) => part)];
    const askedAt = this.#clock.now();
    const [now, proofAge = "", ...entries] = texts(await this.#link.run(PEEK, all, args));
    this.#link.noteTime(now, askedAt);
    await this.#invalidations.underWay(group);
    this.#invalidations.refuseUnsent(group);
    return {
      entries: entries.map((text) => this.#decoded(text)),
      ...(proofAge !== "" && { proofAgeMs: this.#link.ageNow(proofAge, askedAt) }),
    };
  }

  async write({ key, generation, entry, staleMs, lock, proof }: WriteRequest): Promise<boolean> {
    if (this.#invalidations.isUnsent(key.group) && lock !== undefined) await this.release(key.group, lock);
    this.#invalidations.refuseUnsent(key.group);
    const names = this.#names;
    const { beforeGeneration, afterGeneration } = encodeEntry(entry, this.#link.offset.leastMs);
    const value = `${beforeGeneration}${generation}${afterGeneration}`;
    const lockName = lock?.name ?? names.sharedLock(key);
    const keys = [names.generation(key.group), names.entry(key), lockName];
    const times = [this.#keptUntil(entry, staleMs), GENERATION_TTL_MS];
    const args = [key.part, generation, value, ...times, lock?.token ?? "", names.channel];
    if (proof !== undefined) {
      keys.push(names.proof(key.group, proof.credentialId));
      args.push(this.#link.redisTime(this.#clock.now()), proof.ttlMs);
    }
    return (await this.#link.run(WRITE, keys, args)) === 1;
  }

  async release(group: string, lock: LoadLock | undefined, forget?: string): Promise<void> {
    const entry = this.#names.entry({ group, name: forget ?? "" });
    const name = lock?.name ?? entry;
    const args = [lock?.token ?? "", this.#names.channel, forget === undefined ? "0" : "1"];
    await this.#link.run(RELEASE, [name, entry], args);
  }

  async extend(_group: string, { name, token }: LoadLock, leaseMs: number): Promise<void> {
    await this.#link.run(EXTEND, [name], [token, leaseMs]);
  }

  invalidate(group: string): Promise<void> {
    return this.#invalidations.ofGroup(group);
  }

  async observe({ key, entry, staleMs, quietSince, dropped }: ObserveRequest): Promise<void> {
    this.#invalidations.refuseUnsent(key.group);
    const { beforeGeneration, afterGeneration } = encodeEntry(entry, this.#link.offset.leastMs);
    const head = [this.#newName(), GENERATION_TTL_MS, key.part, this.#link.redisTime(quietSince)];
    const value = [beforeGeneration, afterGeneration, this.#keptUntil(entry, staleMs)];
    const keys = [this.#names.generation(key.group), this.#names.entry(key)];
    const run = (message: string) =>
      this.#link.run(OBSERVE, keys, [...head, ...value, this.#names.channel, message, ...dropped]);
    if (dropped.length === 0) await run("");
    else await this.#invalidations.ofParts(key.group, dropped, run);
  }

  recordProof(group: string, credentialId: string, ttlMs: number): Promise<void> {
    return this.#proofs.record(group, credentialId, ttlMs);
  }

  readProof(group: string, credentialId: string, ttlMs: number): Promise<number | undefined> {
    return this.#proofs.read(group, credentialId, ttlMs);
  }

  revokeProof(group: string, credentialId: string, ttlMs: number): Promise<void> {
    return this.#proofs.revoke(group, credentialId, ttlMs);
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

  #readReply(reply: readonly string[], askedAt: number): StoreRead {
    const [, generation = "", proofAge = "", ...others] = reply;
    const [text = "", substituteText = "", lockName = "", owner = ""] = others;
    const entry = this.#decoded(text);
    const substitute = this.#decoded(substituteText);
    return {
      generation,
      ...(entry && { entry }),
      ...(substitute && { substitute }),
      ...(proofAge !== "" && { proofAgeMs: this.#link.ageNow(proofAge, askedAt) }),
      ...(lockName !== "" && { lock: { name: lockName, token: owner } }),
    };
  }

  #decoded(text: string): StoredEntry | undefined {
    return text === "" ? undefined : decodeEntry(text, this.#link.offset.mostMs);
  }

  #keptUntil({ answeredAt, ttlMs }: StoredEntry, staleMs: number): number {
    return this.#link.redisTime(answeredAt + Math.min(ttlMs === 0 ? 0 : ttlMs + staleMs, LONGEST_LIFE_MS));
  }
}
