export { createRedisPermits, type RedisPermitsOptions } from "./redis-permits.js";
