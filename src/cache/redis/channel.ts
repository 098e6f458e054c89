import type { Clock } from "../../clock.js";
import type { Logger } from "../../observability/logger.js";
import type { RedisConnection } from "../../redis.js";
import type { CacheEvents } from "../events.js";
import type { StoreListener } from "../store.js";
import { Beacons } from "./beacons.js";
import { Ledger } from "./ledger.js";
import type { RedisLink } from "./link.js";
import { decodeMessage, encodeMessage } from "./messages.js";
import { BEACON } from "./scripts.js";

/** How often a replica shows that the channel works (ms). */
const BEACON_MS = 1_000;

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
  readonly #beacons: Beacons;
  readonly #stopListening: () => void;
  #reportedAlive = false;
  #isSubscribing = false;
  #reportedDeaf = false;
  #nextBeacon = new AbortController();
  #closed = false;

  constructor(private readonly options: RedisChannelOptions) {
    const { redis, name, clock } = options;
    this.#beacons = new Beacons(clock.now);
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
    const { sender } = this.#beacons;
    const some = parts && { parts: [...parts] };
    try {
      await publish(encodeMessage({ kind: "invalidated", sender, group, ...some }));
      this.#beacons.countTold(sender);
    } catch (error) {
      this.#beacons.beginAnew();
      throw error;
    }
  }

  /** True while a beacon that was sent not long ago has come back. */
  isAlive(): boolean {
    return this.#beacons.isAlive();
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

  /** While no beacon comes back: Redis may have refused it, also when the client has connected again and has sent it by itself. */
  #subscribe(): void {
    if (this.#isSubscribing || this.isAlive()) return;
    this.#isSubscribing = true;
    const { redis, name, log } = this.options;
    redis.subscriber.subscribe(name).then(
      () => {
        this.#isSubscribing = false;
        this.#reportedDeaf = false;
      },
      (error: Error) => {
        this.#isSubscribing = false;
        if (this.#closed || this.#reportedDeaf) return;
        this.#reportedDeaf = true;
        log.warn(
          { event: "cache_channel_not_subscribed", reason: error.message },
          "Not subscribed to the cache's channel",
        );
      },
    );
  }

  async #sendBeacons(): Promise<void> {
    const { clock } = this.options;
    while (!this.#closed) {
      this.#subscribe();
      await this.#sendBeacon();
      this.#report();
      this.#nextBeacon = new AbortController();
      if (!this.#closed) await clock.sleep(BEACON_MS, this.#nextBeacon.signal).catch(() => {});
    }
  }

  async #sendBeacon(): Promise<void> {
    const { link, name, clock, onAnswer } = this.options;
    const beacon = this.#beacons.next();
    try {
      const askedAt = clock.now();
      link.noteTime(await link.probe(BEACON, [name], [name, encodeMessage(beacon)]), askedAt);
      onAnswer();
    } catch {
      // Whether it was published is not known.
      this.#beacons.beginAnew();
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
    if (message.kind === "beacon") {
      const wasAlive = this.isAlive();
      if (!this.#beacons.returned(message)) return;
      if (!wasAlive) this.#restore();
      this.#report();
    } else if (!this.#beacons.isOwn(message.sender)) {
      for (const listener of this.#listeners) listener.invalidated(message.group, message.parts);
    }
  }

  #restore(): void {
    for (const listener of this.#listeners) listener.restored();
  }

  #lose(): void {
    this.#beacons.lose();
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
