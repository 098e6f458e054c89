export type { WatchEvents } from "./events.js";
export { createMemoryWatchStores } from "./memory/index.js";
export type { WatchStores } from "./ports.js";
export { createRedisWatchStores } from "./redis/index.js";
export { createStatusWatch, type StatusWatchOptions } from "./status-watch.js";
