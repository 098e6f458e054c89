import { type ErrorDetails, GatewayError } from "../../errors.js";
import { bool, text } from "../decode/values.js";
import type { JsonObject } from "../json.js";
import { parseRetryAfter } from "../resilience/retry-after.js";
import type { HttpAnswer } from "../transport/messages.js";
import { type Failure, type FailureContext, outcomeOf } from "./failure.js";
import { invalidResponse } from "./invalid-response.js";
import { publicMessage } from "./public-message.js";
import { isModelArtsCode, type Refusal, refusalOf } from "./refusal-codes.js";

/** Told with RATE_LIMITED where the upstream did not say how long to wait. */
const DEFAULT_RETRY_AFTER_MS = 1_000;

/** Statuses that say "not now". */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** What an answer says of itself, in any of the upstream's ways. */
interface Verdict {
  errorCode: string | undefined;
  errorMessage: string | null;
  /** `is_success`; null when there is none. */
  isSuccess: boolean | null;
}

function verdictOf(body: JsonObject | undefined): Verdict {
  return {
    errorCode: text(body?.error_code) ?? undefined,
    errorMessage: text(body?.error_message) ?? text(body?.error_msg),
    isSuccess: bool(body?.is_success),
  };
}

function isAnswered(answer: HttpAnswer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

/** Codes of the API gateway's that refuse a credential. */
const CREDENTIAL_REFUSED = /^APIGW\.03\d\d$/;

/** The upstream's own words; never its message where the API gateway refuses a credential: it can echo a signed request. */
function upstreamDetails(status: number, verdict: Verdict): NonNullable<ErrorDetails["upstream"]> {
  const silent = status === 401 || CREDENTIAL_REFUSED.test(verdict.errorCode ?? "");
  const errorMessage = silent ? undefined : publicMessage(verdict.errorMessage);
  return {
    status,
    ...(verdict.errorCode !== undefined && { errorCode: verdict.errorCode }),
    ...(errorMessage !== undefined && { errorMessage }),
  };
}

function outcomeOfRefusal(refusal: Refusal, context: FailureContext) {
  return refusal.code === "UPSTREAM_UNAVAILABLE" ? outcomeOf(context, "unknown") : {};
}

function errorOfRefusal(
  refusal: Refusal,
  upstream: ErrorDetails["upstream"],
  retryAfterMs: number | undefined,
  context: FailureContext,
): GatewayError {
  const wait = retryAfterMs ?? (refusal.code === "RATE_LIMITED" ? DEFAULT_RETRY_AFTER_MS : undefined);
  const said = upstream?.errorMessage === undefined ? "" : ` It said: ${upstream.errorMessage}`;
  return new GatewayError(refusal.code, refusal.message + said, {
    ...(upstream && { upstream }),
    ...outcomeOfRefusal(refusal, context),
    ...(wait !== undefined && { retryAfterMs: wait }),
  });
}

/** Refusing the gateway's own identity is no fault of the caller; the call was not carried out. */
function identityRefused(upstream: ErrorDetails["upstream"], context: FailureContext): GatewayError {
  return new GatewayError(
    "UPSTREAM_UNAVAILABLE",
    "ModelArts did not accept this gateway's own identity: its operator has to renew it.",
    { ...(upstream && { upstream }), ...outcomeOf(context, "not-sent") },
  );
}

function notOfTheUpstream(answer: HttpAnswer, hasBody: boolean, context: FailureContext): GatewayError {
  const problem = isAnswered(answer)
    ? hasBody
      ? "answered without saying whether the call succeeded"
      : "answered with something that is no JSON object"
    : `answered with HTTP status ${answer.status} and without an error code: a proxy or a wrong address may be in the way`;
  return invalidResponse(problem, outcomeOf(context, "unknown"));
}

/** True when the answer tells of success: a mutation must say so itself, a lookup must not say the opposite. */
function succeeded(
  answer: HttpAnswer,
  body: JsonObject | undefined,
  verdict: Verdict,
  context: FailureContext,
): body is JsonObject {
  if (!isAnswered(answer) || body === undefined || verdict.isSuccess === false) return false;
  return verdict.isSuccess === true || (!context.mutation && verdict.errorCode === undefined);
}

/**
 * What an answer that tells of no success amounts to.
 *
 * @param body the answer's body where it is a JSON object
 * @param now ms since the epoch, for a `Retry-After` that is a date
 * @returns undefined for a success
 */
export function failureOfAnswer(
  answer: HttpAnswer,
  body: JsonObject | undefined,
  context: FailureContext,
  now: number,
): Failure | undefined {
  const verdict = verdictOf(body);
  if (succeeded(answer, body, verdict, context)) return undefined;
  const saysFailure = verdict.isSuccess === false || (isAnswered(answer) && verdict.errorCode !== undefined);
  const refusal = refusalOf(answer.status, verdict.errorCode, saysFailure);
  const common = {
    unhealthy: answer.status >= 500 && !isModelArtsCode(verdict.errorCode),
    identityRefused: false,
  };
  if (!refusal)
    return { ...common, error: notOfTheUpstream(answer, body !== undefined, context), retryable: false };
  const upstream = isModelArtsJson(verdict) ? upstreamDetails(answer.status, verdict) : undefined;
  if (refusal.code === "UNAUTHENTICATED" && context.service)
    return { ...common, error: identityRefused(upstream, context), retryable: false, identityRefused: true };
  const retryAfterMs = parseRetryAfter(answer.headers, now);
  return {
    ...common,
    error: errorOfRefusal(refusal, upstream, retryAfterMs, context),
    retryable: !context.mutation && isTransient(answer.status, refusal),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function isModelArtsJson(verdict: Verdict): boolean {
  return verdict.errorCode !== undefined || verdict.errorMessage !== null || verdict.isSuccess !== null;
}

function isTransient(status: number, refusal: Refusal): boolean {
  if (refusal.code === "RATE_LIMITED") return true;
  return refusal.code === "UPSTREAM_UNAVAILABLE" && TRANSIENT_STATUSES.has(status);
}
