import type { Clock } from "../../clock.js";
import type { Logger } from "../../observability/logger.js";
import type { RedisConnection } from "../../redis.js";
import { listenTo } from "../../redis-channel.js";
import { jobKeyOf } from "../job-key.js";
import type { JobKey, WatchSignals } from "../ports.js";
import { wakeChannel } from "./keys.js";

/** Wake-ups by pub/sub. A lost one costs no more than the time to the next beat. */
export class RedisSignals implements WatchSignals {
  constructor(
    private readonly redis: RedisConnection,
    private readonly options: { clock: Clock; log: Logger },
  ) {}

  onWake(listener: (job: JobKey) => void): () => void {
    const hear = (message: string) => listener(jobKeyOf(message));
    return listenTo(this.redis, { ...this.options, channel: wakeChannel(this.redis), hear });
  }

  onUp(listener: () => void): () => void {
    return this.redis.onUp(listener);
  }
}
