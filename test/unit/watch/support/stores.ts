import { pino } from "pino";
import { systemClock } from "../../../../src/clock.js";
import {
  createMemoryWatchStores,
  createRedisWatchStores,
  type WatchStores,
} from "../../../../src/watch/index.js";
import { connectTestRedis } from "../../../support/redis.js";

export interface OpenStores {
  stores: WatchStores;
  close(): Promise<void>;
}

/** Every implementation of the watch's ports. */
export const STORE_KINDS: { kind: string; open(historyLength?: number): Promise<OpenStores> }[] = [
  {
    kind: "memory",
    open: async (historyLength = 1_024) => ({
      stores: createMemoryWatchStores({ clock: systemClock, historyLength, maxWatchedJobs: 100 }),
      close: async () => {},
    }),
  },
  {
    kind: "Redis",
    open: async (historyLength = 1_024) => {
      const redis = await connectTestRedis();
      const stores = createRedisWatchStores(redis, {
        historyLength,
        clock: systemClock,
        log: pino({ level: "silent" }),
      });
      return { stores, close: () => redis.close() };
    },
  },
];
