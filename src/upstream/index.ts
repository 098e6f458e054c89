export {
  createUpstream,
  type ModelArtsUpstream,
  type SharePermits,
  type UpstreamOptions,
} from "./create-upstream.js";
export {
  type AttemptOutcome,
  type CircuitState,
  type Route,
  type RouteGroup,
  silentUpstreamEvents,
  type UpstreamEvents,
} from "./events.js";
export type { Crowd, Priority } from "./resilience/fair-queue.js";
export type { Allotment, LocalPermitSource, PermitSource } from "./resilience/permits.js";
