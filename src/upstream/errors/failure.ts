import { type ErrorDetails, GatewayError } from "../../errors.js";

/** What decides how a failure is told. */
export interface FailureContext {
  /** Its failures say whether it may have happened. */
  mutation: boolean;
  /** The gateway's own identity was used: that it was refused is not the caller's fault. */
  service: boolean;
}

/** One failed attempt: what the caller is told, and what it means for retries and for the circuit. */
export interface Failure {
  error: GatewayError;
  /** Another attempt may succeed, and does no harm. */
  retryable: boolean;
  /** The upstream is in trouble: time-out, connection, 5xx without a ModelArts code. */
  unhealthy: boolean;
  /** The upstream refused the gateway's own identity. */
  identityRefused: boolean;
  /** How long the upstream asked to wait. */
  retryAfterMs?: number;
}

/** `outcome` where there is something to say about it: reads have none. */
export function outcomeOf(
  context: FailureContext,
  outcome: "not-sent" | "unknown",
): Pick<ErrorDetails, "outcome"> {
  return context.mutation ? { outcome } : {};
}
