import { GatewayError } from "../../errors.js";
import type { IdentityUnavailable } from "../auth/authorization.js";
import { type Failure, type FailureContext, outcomeOf } from "./failure.js";

/** What it amounts to that the gateway could not log in: nothing was sent, so that a mutation may be tried again as well. */
export function failureOfIdentity(unavailable: IdentityUnavailable, context: FailureContext): Failure {
  const { transient, retryAfterMs } = unavailable;
  const message = transient
    ? "This gateway cannot log in to the cloud at the moment: repeat the operation later."
    : "The cloud does not accept this gateway's own identity: its operator has to correct it.";
  return {
    error: new GatewayError("UPSTREAM_UNAVAILABLE", message, {
      ...outcomeOf(context, "not-sent"),
      retryAfterMs,
    }),
    retryable: transient,
    unhealthy: false,
    identityRefused: false,
    retryAfterMs,
  };
}
