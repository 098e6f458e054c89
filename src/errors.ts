/**
 * Every `extensions.code` that this gateway's own errors carry. Apollo Server adds GRAPHQL_PARSE_FAILED,
 * GRAPHQL_VALIDATION_FAILED and BAD_REQUEST for documents and requests that are none.
 */
export const ERROR_CODES = [
  "BAD_USER_INPUT",
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "NOT_FOUND",
  "CONFLICT",
  "QUOTA_EXCEEDED",
  "UPSTREAM_REJECTED",
  "RATE_LIMITED",
  "UPSTREAM_TIMEOUT",
  "UPSTREAM_UNAVAILABLE",
  "UPSTREAM_INVALID_RESPONSE",
  "LIMIT_EXCEEDED",
  "INTERNAL_SERVER_ERROR",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One broken rule: where in the arguments, which rule, and what would be right. */
export interface Violation {
  path: string[];
  rule: string;
  message: string;
}

/** What a caller is told beside the message and the code. */
export interface ErrorDetails {
  violations?: readonly Violation[];
  /** Where the upstream answered ModelArts JSON. `errorMessage` is absent on a 401: it can echo a signed request. */
  upstream?: { status: number; errorCode?: string; errorMessage?: string };
  /** For a mutation: `unknown` when it may have happened. */
  outcome?: "not-sent" | "unknown";
  /** Milliseconds after which a repeat is worthwhile. */
  retryAfterMs?: number;
  /** What is away, where it is not the upstream. */
  dependency?: "redis";
  /** The limit that was exceeded, what it is and what was asked for. */
  limit?: { name: string; maximum: number; actual: number };
  /** Versions that may be the result of an idempotent creation. */
  candidates?: string[];
}

/** A failure that the caller is told of as it is: its message and details are public. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** What GraphQL puts into `errors[].extensions`. */
  get extensions(): Record<string, unknown> {
    return { code: this.code, ...this.details };
  }
}

/** True for a {@link GatewayError} with that code. */
export function hasCode(error: unknown, code: ErrorCode): error is GatewayError {
  return error instanceof GatewayError && error.code === code;
}
