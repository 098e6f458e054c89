export {
  createUpstream,
  type ModelArtsUpstream,
  type SharePermits,
  type UpstreamOptions,
} from "./create-upstream.js";
export type { UpstreamEvents } from "./events.js";
export type { Crowd, Priority } from "./resilience/fair-queue.js";
export type { Allotment, LocalPermitSource, PermitSource } from "./resilience/permits.js";
