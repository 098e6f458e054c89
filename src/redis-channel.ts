import type { CallOff, Clock } from "./clock.js";
import type { Logger } from "./observability/logger.js";
import type { RedisConnection } from "./redis.js";

/** How long after a refusal Redis is asked again (ms). */
const RETRY_MS = 1_000;

export interface ChannelOptions {
  channel: string;
  clock: Clock;
  log: Logger;
  hear(message: string): void;
}

/**
 * Listens on a channel until the returned function is called. Where Redis refuses it, for want of a right, it is asked again and again: at
 * first, and after each reconnect, where the client subscribes again by itself and leaves a refusal to nobody.
 */
export function listenTo({ subscriber }: RedisConnection, options: ChannelOptions): () => void {
  const { channel, clock, log, hear } = options;
  let isClosed = false;
  let isReported = false;
  let callOff: CallOff = () => {};

  function subscribe(): void {
    callOff();
    subscriber.subscribe(channel).then(() => {
      isReported = false;
    }, retry);
  }

  function retry({ message: reason }: Error): void {
    if (isClosed) return;
    callOff();
    callOff = clock.after(RETRY_MS, subscribe);
    if (!isReported)
      log.warn({ event: "redis_channel_not_subscribed", channel, reason }, "Redis refuses a channel");
    isReported = true;
  }

  const onMessage = (from: string, message: string) => {
    if (from === channel) hear(message);
  };
  subscriber.on("message", onMessage);
  subscriber.on("ready", subscribe);
  // While Redis is away this waits for it.
  subscribe();
  return () => {
    isClosed = true;
    callOff();
    subscriber.off("message", onMessage);
    subscriber.off("ready", subscribe);
    subscriber.unsubscribe(channel).catch(() => {});
  };
}
