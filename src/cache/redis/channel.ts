import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.js";
import type { Logger } from "../../observability/logger.js";
import type { RedisConnection } from "../../redis.js";
import type { CacheEvents } from "../events.js";
import type { StoreListener } from "../store.js";
import { Ledger } from "./ledger.js";
import type { RedisLink } from "./link.js";
import { decodeMessage, encodeMessage } from "./messages.js";
import { BEACON } from "./scripts.js";

/** How often a replica shows that the channel works (ms). */
const BEACON_MS = 1_000;
/** Without a beacon of its own that was sent within this time, a replica does not know whether the channel works (ms). */
const ALIVE_MS = 2_500;

export interface RedisChannelOptions {
  redis: RedisConnection;
  link: RedisLink;
  name: string;
  clock: Clock;
  log: Logger;
  events: CacheEvents;
  /** Called after each beacon that Redis took: it is there. */
  onAnswer(): void;
}

/** The channel by which replicas tell one another what is void, and how far it is to be trusted. */
export class RedisChannel {
  readonly #listeners = new Set<StoreListener>();
  readonly #ledger = new Ledger();
  /** Beacons sent and not heard yet: number to instant (ms since the epoch). */
  readonly #sent = new Map<number, number>();
  readonly #stopListening: () => void;
  readonly #self = randomUUID();
  /** Counted in the sender's name: what was told is counted anew whenever the count is not sure any more. */
  #epoch = 0;
  #number = 0;
  #told = 0;
  /** When the latest beacon that was heard was sent; undefined when the channel was lost since. */
  #knownAt: number | undefined;
  #reportedAlive = false;
  #nextBeacon = new AbortController();
  #closed = false;

  constructor(private readonly options: RedisChannelOptions) {
    const { redis, name } = options;
    const hear = (channel: string, text: string) => {
      if (channel === name) this.#hear(text);
    };
    const lose = () => this.#lose();
    const wake = () => this.#nextBeacon.abort();
    redis.subscriber.on("message", hear);
    redis.subscriber.on("close", lose);
    redis.subscriber.on("ready", wake);
    const stopWaiting = redis.onUp(wake);
    this.#stopListening = () => {
      redis.subscriber.off("message", hear);
      redis.subscriber.off("close", lose);
      redis.subscriber.off("ready", wake);
      stopWaiting();
    };
    this.#subscribe();
    void this.#sendBeacons();
  }

  /**
   * Has an invalidation published by the script that makes it.
   *
   * @param publish gets the text to publish
   */
  async tell(
    group: string,
    parts: readonly string[] | undefined,
    publish: (text: string) => Promise<unknown>,
  ) {
    const epoch = this.#epoch;
    const some = parts && { parts: [...parts] };
    try {
      await publish(encodeMessage({ kind: "invalidated", sender: this.#sender, group, ...some }));
      if (epoch === this.#epoch) this.#told += 1;
    } catch (error) {
      this.#beginAnew();
      throw error;
    }
  }

  /** True while a beacon that was sent not long ago has come back. */
  isAlive(): boolean {
    return this.#knownAt !== undefined && this.options.clock.now() - this.#knownAt < ALIVE_MS;
  }

  listen(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#nextBeacon.abort();
    this.#stopListening();
    this.options.redis.subscriber.unsubscribe(this.options.name).catch(() => {});
    this.#listeners.clear();
  }

  #subscribe(): void {
    const { redis, name, log } = this.options;
    redis.subscriber.subscribe(name).catch((error: Error) => {
      if (this.#closed) return;
      log.warn(
        { event: "cache_channel_not_subscribed", reason: error.message },
        "Not subscribed to the cache's channel",
      );
    });
  }

  get #sender(): string {
    return `${this.#self}/${this.#epoch}`;
  }

  #beginAnew(): void {
    this.#epoch += 1;
    this.#number = 0;
    this.#told = 0;
    this.#sent.clear();
  }

  async #sendBeacons(): Promise<void> {
    const { clock } = this.options;
    while (!this.#closed) {
      await this.#sendBeacon();
      this.#report();
      this.#nextBeacon = new AbortController();
      if (!this.#closed) await clock.sleep(BEACON_MS, this.#nextBeacon.signal).catch(() => {});
    }
  }

  async #sendBeacon(): Promise<void> {
    const { link, name, clock, onAnswer } = this.options;
    this.#number += 1;
    this.#sent.set(this.#number, clock.now());
    const beacon = { kind: "beacon", sender: this.#sender, number: this.#number, told: this.#told } as const;
    try {
      const askedAt = clock.now();
      link.noteTime(await link.probe(BEACON, [name], [name, encodeMessage(beacon)]), askedAt);
      onAnswer();
    } catch {
      // Whether it was published is not known: the next one would look like the second after a lost one.
      this.#beginAnew();
    }
  }

  #hear(text: string): void {
    const message = decodeMessage(text);
    if (message === undefined) return;
    if (message.kind === "released") {
      for (const listener of this.#listeners) listener.released(message.lock);
      return;
    }
    if (this.#ledger.misses(message)) this.#restore();
    const own = message.sender.startsWith(`${this.#self}/`);
    if (message.kind === "beacon") {
      if (message.sender === this.#sender) this.#returned(message.number);
    } else if (!own) {
      for (const listener of this.#listeners) listener.invalidated(message.group, message.parts);
    }
  }

  /** A beacon of this replica's own has come back. */
  #returned(number: number): void {
    const sentAt = this.#sent.get(number);
    if (sentAt === undefined) return;
    for (const earlier of this.#sent.keys()) if (earlier <= number) this.#sent.delete(earlier);
    if (!this.isAlive()) this.#restore();
    this.#knownAt = sentAt;
    this.#report();
  }

  #restore(): void {
    for (const listener of this.#listeners) listener.restored();
  }

  #lose(): void {
    this.#knownAt = undefined;
    this.#ledger.clear();
    this.#report();
  }

  #report(): void {
    const alive = this.isAlive();
    if (alive === this.#reportedAlive) return;
    this.#reportedAlive = alive;
    this.options.events.channel(alive);
  }
}
