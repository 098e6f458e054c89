export { createRedisPermits } from "./redis-permits.js";
