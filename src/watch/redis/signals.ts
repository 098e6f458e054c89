import type { Logger } from "../../observability/logger.js";
import type { RedisConnection } from "../../redis.js";
import { jobKeyOf } from "../job-key.js";
import type { JobKey, WatchSignals } from "../ports.js";
import { wakeChannel } from "./keys.js";

/** Wake-ups by pub/sub. A lost one costs no more than the time to the next beat. */
export class RedisSignals implements WatchSignals {
  constructor(
    private readonly redis: RedisConnection,
    private readonly log: Logger,
  ) {}

  onWake(listener: (job: JobKey) => void): () => void {
    const { subscriber } = this.redis;
    const channel = wakeChannel(this.redis);
    const onMessage = (from: string, message: string) => {
      if (from === channel) listener(jobKeyOf(message));
    };
    subscriber.on("message", onMessage);
    // While Redis is away this waits; after a reconnect the client subscribes again by itself.
    subscriber.subscribe(channel).catch((error: unknown) => {
      this.log.debug({ event: "watch_not_subscribed", err: error }, "Cannot listen for wake-ups");
    });
    return () => {
      subscriber.off("message", onMessage);
      subscriber.unsubscribe(channel).catch(() => {});
    };
  }

  onUp(listener: () => void): () => void {
    return this.redis.onUp(listener);
  }
}
