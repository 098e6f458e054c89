export { type CacheEvents, type ResourceKind, type StoreOperation, silentCacheEvents } from "./events.js";
export { createLookups, type LookupsOptions } from "./lookups.js";
export { type CacheProofs, createProofs, type ProofsOptions } from "./proofs.js";
export { createRedisStore, type RedisStoreOptions } from "./redis/redis-store.js";
export type { SharedStore } from "./store.js";
