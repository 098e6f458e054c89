export type { CacheEvents } from "./events.js";
export { createLookups, type LookupsOptions } from "./lookups.js";
export { type CacheProofs, createProofs } from "./proofs.js";
export { createRedisStore } from "./redis/redis-store.js";
export type { SharedStore } from "./store.js";
