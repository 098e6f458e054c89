import { type ErrorDetails, GatewayError } from "../../errors.js";

/** An answer that does not say what its page in the vendor's reference promises. `what` completes "ModelArts ...". */
export function invalidResponse(what: string, details: ErrorDetails = {}, cause?: unknown): GatewayError {
  return new GatewayError(
    "UPSTREAM_INVALID_RESPONSE",
    `ModelArts ${what}.`,
    details,
    cause === undefined ? undefined : { cause },
  );
}
