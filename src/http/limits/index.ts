export { type ApolloLimits, createApolloLimits } from "./apollo.js";
export { createQueryLimits, FIXED_LIMITS, type QueryLimits, type ValidOperation } from "./query-limits.js";
export { createRateLimiter, type RateLimiter, type RateLimiterOptions } from "./rate-limiter.js";
export type { CounterStore } from "./settlement.js";
