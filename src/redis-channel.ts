import type { Clock } from "./clock.js";
import type { Logger } from "./observability/logger.js";
import type { RedisConnection } from "./redis.js";

/** How long after a failure Redis is asked again (ms). */
const RETRY_MS = 1_000;

/**
 * How long after a success (ms): the client subscribes again by itself after a reconnect, and with a cluster on another node, and
 * leaves a refusal to nobody. Asking for what is there already changes nothing.
 */
const CHECK_MS = 10_000;

export interface ChannelOptions {
  /** Listened to once on a connection: who stops would stop another. */
  channel: string;
  clock: Clock;
  log: Logger;
  hear(message: string): void;
}

/** Listens on a channel until the returned function is called or the connection has ended. */
export function listenTo({ subscriber }: RedisConnection, options: ChannelOptions): () => void {
  const { channel, clock, log, hear } = options;
  const closing = new AbortController();
  let isReported = false;

  function report({ message: reason }: Error): void {
    if (closing.signal.aborted || isReported) return;
    isReported = true;
    log.warn(
      { event: "redis_channel_not_subscribed", channel, reason },
      "Not subscribed to a channel of Redis",
    );
  }

  /** While Redis is away this waits for it. */
  async function subscribe(): Promise<boolean> {
    try {
      await subscriber.subscribe(channel);
      isReported = false;
      return true;
    } catch (error) {
      report(error as Error);
      return false;
    }
  }

  async function keepSubscribed(): Promise<void> {
    while (!closing.signal.aborted && subscriber.status !== "end") {
      const waitMs = (await subscribe()) ? CHECK_MS : RETRY_MS;
      await clock.sleep(waitMs, closing.signal).catch(() => {});
    }
  }

  const onMessage = (from: string, message: string) => {
    if (from === channel) hear(message);
  };
  subscriber.on("message", onMessage);
  void keepSubscribed();
  return () => {
    closing.abort();
    subscriber.off("message", onMessage);
    subscriber.unsubscribe(channel).catch(() => {});
  };
}
