export { createApolloLimits } from "./apollo.js";
export { createQueryLimits, FIXED_LIMITS, type QueryLimits } from "./query-limits.js";
export { createRateLimiter, type RateLimiter } from "./rate-limiter.js";
export type { CounterStore } from "./settlement.js";
