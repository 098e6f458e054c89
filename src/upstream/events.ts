import type { ErrorCode } from "../errors.js";

/** The upstream's routes, as metrics and logs name them. */
export type Route =
  | "list_jobs"
  | "list_versions"
  | "get_version"
  | "list_resource_specs"
  | "list_engine_specs"
  | "create_version"
  | "stop_version";

/** Routes that fail together: each has its own circuit in each project. */
export type RouteGroup = "jobs" | "specs" | "mutations";

export type CircuitState = "closed" | "open" | "half-open";

/** How one attempt ended: answered with success, called off by whoever waited for it, or the error that it amounts to. */
export type AttemptOutcome = "success" | "cancelled" | ErrorCode;

/** How one login to IAM ended: with a token, or why there is none. */
export type LoginOutcome = "success" | "rejected" | "unavailable" | "invalid-answer";

/** What an operator wants to know of the traffic to the upstream. */
export interface UpstreamEvents {
  /** One attempt has ended, `durationMs` after its first byte could have been sent. */
  attempt(route: Route, outcome: AttemptOutcome, durationMs: number): void;
  /** A failed attempt is made again. */
  retry(route: Route, reason: ErrorCode): void;
  /** A call was refused here because too many were waiting, or because it waited too long. */
  shed(route: Route): void;
  /** The circuit of one project and group of routes has changed its state. */
  circuit(group: RouteGroup, state: CircuitState): void;
  /** So many calls wait, for a connection or for their share of UPSTREAM_CALLS_PER_MINUTE. */
  waiting(kind: "connection" | "call-budget", length: number): void;
  /** A login to IAM has ended: the first one, or one for a token that another one shall take the place of. */
  login(outcome: LoginOutcome): void;
  /** The upstream refused this gateway's own identity, and the call was made again with a renewed one or given up. */
  identityRefused(then: "renewed" | "given-up"): void;
}
