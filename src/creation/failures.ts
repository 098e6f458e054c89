import type { LongId } from "../domain/index.js";
import { type ErrorCode, GatewayError } from "../errors.js";
import { UnreadableRecord } from "./format.js";

const AGAIN = "Repeat the same input with the same idempotencyKey";

/** Codes of failures after which nobody knows whether the upstream has acted, unless the details say otherwise. */
const UNTOLD: readonly ErrorCode[] = [
  "UPSTREAM_TIMEOUT",
  "UPSTREAM_UNAVAILABLE",
  "UPSTREAM_INVALID_RESPONSE",
  "INTERNAL_SERVER_ERROR",
];

/** True unless the failure of a POST tells for certain that it created nothing. A defect tells nothing. */
export function mayHaveHappened(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return true;
  return error.details.outcome === undefined
    ? UNTOLD.includes(error.code)
    : error.details.outcome === "unknown";
}

/** The failure of a POST with a key, as its caller is told: what happened, and that the key makes a repeat safe. */
export function unknownOutcome(error: unknown): GatewayError {
  const known = error instanceof GatewayError ? error : undefined;
  const code = known?.code ?? "INTERNAL_SERVER_ERROR";
  const what = known?.message ?? "The creation failed in this gateway.";
  const message = `${what} The version may have been created. ${AGAIN} to get it: that never creates a second one.`;
  return new GatewayError(code, message, { ...known?.details, outcome: "unknown" }, { cause: error });
}

/** The failure of a look-up on the way to a result that may exist: a refusal as it is, anything else with its outcome. */
export function lookupFailed(error: unknown): unknown {
  if (!(error instanceof GatewayError) || !UNTOLD.includes(error.code)) return error;
  const message = `${error.message} This looked for a version that an earlier request may have created. ${AGAIN} later.`;
  return new GatewayError(error.code, message, { ...error.details, outcome: "unknown" }, { cause: error });
}

/** As long as an upgrade replica by replica takes to bring one that can read it. */
const OTHER_RELEASE_RETRY_MS = 5_000;

function unreadableRecord(cause: UnreadableRecord): GatewayError {
  const message =
    "What is known of this idempotencyKey was written by another release of this gateway, which this one cannot read: " +
    `this request sent nothing, an earlier one may have created the version. ${AGAIN} after retryAfterMs.`;
  const details = { outcome: "unknown", retryAfterMs: OTHER_RELEASE_RETRY_MS } as const;
  return new GatewayError("UPSTREAM_UNAVAILABLE", message, details, { cause });
}

/**
 * The failure of what needed the store of keys.
 *
 * @param begun an earlier request with the key may have created the version already
 */
export function storeFailed(cause: unknown, begun: boolean): GatewayError {
  if (cause instanceof UnreadableRecord) return unreadableRecord(cause);
  const message = begun
    ? `Redis is away, so the outcome of an earlier request with this idempotencyKey cannot be read. ${AGAIN} later.`
    : `Redis is away, so an idempotencyKey cannot be honoured; nothing was sent. ${AGAIN} later.`;
  const outcome = begun ? "unknown" : "not-sent";
  return new GatewayError("UPSTREAM_UNAVAILABLE", message, { dependency: "redis", outcome }, { cause });
}

export function otherInput(): GatewayError {
  return new GatewayError(
    "CONFLICT",
    "This idempotencyKey was used with another input within the last 24 hours. Use a new key for a new input.",
  );
}

export function severalCandidates(candidates: readonly LongId[]): GatewayError {
  return new GatewayError(
    "CONFLICT",
    `An earlier request with this idempotencyKey may have created one of the versions ${candidates.join(", ")}, and ` +
      "nothing tells which. Look at them; to create another version use a new key.",
    { candidates: [...candidates] },
  );
}

export function notFoundYet(retryAfterMs: number): GatewayError {
  return new GatewayError(
    "UPSTREAM_UNAVAILABLE",
    `An earlier request with this idempotencyKey may have created a version that is not listed yet. ${AGAIN} after retryAfterMs.`,
    { outcome: "unknown", retryAfterMs },
  );
}

export function stillUnderWay(retryAfterMs: number): GatewayError {
  return new GatewayError(
    "UPSTREAM_TIMEOUT",
    `Another request with this idempotencyKey is still under way. ${AGAIN} after retryAfterMs to get its result.`,
    { outcome: "unknown", retryAfterMs },
  );
}

/** What a log line may say of a failure: never its details, which can hold what the upstream wrote. */
export function reasonOf(error: unknown): string {
  if (error instanceof GatewayError) return error.code;
  return error instanceof Error ? error.message : "unknown";
}
