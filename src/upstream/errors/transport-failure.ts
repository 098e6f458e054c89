import { GatewayError } from "../../errors.js";
import type { TransportError } from "../transport/messages.js";
import { type Failure, type FailureContext, outcomeOf } from "./failure.js";
import { invalidResponse } from "./invalid-response.js";

function errorOf(failed: TransportError, context: FailureContext): GatewayError {
  if (context.mutation && !failed.sent) {
    return new GatewayError(
      "UPSTREAM_UNAVAILABLE",
      "ModelArts could not be reached: nothing was sent.",
      { outcome: "not-sent" },
      { cause: failed },
    );
  }
  switch (failed.kind) {
    case "timeout":
      return new GatewayError(
        "UPSTREAM_TIMEOUT",
        "ModelArts did not answer in time.",
        outcomeOf(context, "unknown"),
        { cause: failed },
      );
    case "too-large":
      return invalidResponse(
        "answered with more than this gateway takes",
        outcomeOf(context, "unknown"),
        failed,
      );
    case "protocol":
      return invalidResponse(
        "answered with something that is no HTTP",
        outcomeOf(context, "unknown"),
        failed,
      );
    case "closed":
      return new GatewayError(
        "UPSTREAM_UNAVAILABLE",
        "This gateway is shutting down.",
        {},
        { cause: failed },
      );
    case "connection":
      return new GatewayError(
        "UPSTREAM_UNAVAILABLE",
        failed.sent
          ? "The connection to ModelArts broke before its answer was complete."
          : "ModelArts could not be reached.",
        outcomeOf(context, "unknown"),
        { cause: failed },
      );
  }
}

/** What an attempt without an answer amounts to. A mutation is repeated only when no byte of it was sent. */
export function failureOfTransport(failed: TransportError, context: FailureContext): Failure {
  const transient = failed.kind === "connection" || failed.kind === "timeout";
  return {
    error: errorOf(failed, context),
    retryable: transient && !(context.mutation && failed.sent),
    unhealthy: transient || failed.kind === "protocol",
    identityRefused: false,
  };
}
