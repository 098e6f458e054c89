export type { CreationEvents } from "./events.js";
export { createMemoryIdempotencyStore } from "./memory-store.js";
export { createRedisIdempotencyStore } from "./redis-store.js";
export type { IdempotencyStore } from "./store.js";
export { createVersionCreation, type VersionCreationOptions } from "./version-creation.js";
