export { type CreationEvents, silentCreationEvents } from "./events.js";
export { createMemoryIdempotencyStore, type MemoryStoreOptions } from "./memory-store.js";
export { createRedisIdempotencyStore, type RedisStoreOptions } from "./redis-store.js";
export type { IdempotencyStore } from "./store.js";
export { createVersionCreation, type VersionCreationOptions } from "./version-creation.js";
