import type { Clock } from "../../clock.js";
import type { Logger } from "../../observability/logger.js";
import type { RedisConnection } from "../../redis.js";
import type { WatchStores } from "../ports.js";
import { RedisHistory } from "./history.js";
import { RedisLease } from "./lease.js";
import { RedisSignals } from "./signals.js";
import { RedisThrottle } from "./throttle.js";

/**
 * Keeps what replicas share in Redis.
 *
 * @param options.historyLength entries retained per job (STATUS_HISTORY_LENGTH)
 */
export function createRedisWatchStores(
  redis: RedisConnection,
  options: { historyLength: number; clock: Clock; log: Logger },
): WatchStores {
  return {
    lease: new RedisLease(redis),
    history: new RedisHistory(redis, options.historyLength),
    throttle: new RedisThrottle(redis),
    signals: new RedisSignals(redis, options),
  };
}
