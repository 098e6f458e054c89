export { createUpstream, type ModelArtsUpstream, type UpstreamOptions } from "./create-upstream.js";
export {
  type AttemptOutcome,
  type CircuitState,
  type Route,
  type RouteGroup,
  silentUpstreamEvents,
  type UpstreamEvents,
} from "./events.js";
export type { CallBudget } from "./resilience/call-budget.js";
export type { Turn } from "./resilience/waiting-room.js";
