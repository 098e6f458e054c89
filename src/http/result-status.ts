import type { GraphQLFormattedError } from "graphql";

/** Request errors (no `data`) by code, for `application/graphql-response+json`; GraphQL over HTTP, section 6.4.2. */
const REQUEST_ERROR_STATUS: Record<string, number> = { RATE_LIMITED: 429, INTERNAL_SERVER_ERROR: 500 };

/** The status of an answer without `data`. */
export function statusOfRequestError(errors: readonly GraphQLFormattedError[]): number {
  return REQUEST_ERROR_STATUS[String(errors[0]?.extensions?.code)] ?? 400;
}

/**
 * A document that does not parse, validate or coerce is a well-formed request all the same: in the legacy media type
 * its status is 200 (GraphQL over HTTP, section 6.4.1).
 */
export function statusInMediaType(status: number, mediaType: string | undefined): number {
  const isLegacy = mediaType?.startsWith("application/json");
  return isLegacy && status !== 405 && status < 500 ? 200 : status;
}
