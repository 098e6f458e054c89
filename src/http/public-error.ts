import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { GatewayError } from "../errors.js";
import type { Logger } from "../observability/logger.js";

/** Turns any failure into what the caller may see: a public code and message, never anything of the inside. */
export type PublishError = (error: unknown) => GraphQLFormattedError;

/** Codes of failures that lie in the document or the request, with the code that the interface names for them. */
const REQUEST_CODES: Record<string, string> = {
  GRAPHQL_PARSE_FAILED: "GRAPHQL_PARSE_FAILED",
  GRAPHQL_VALIDATION_FAILED: "GRAPHQL_VALIDATION_FAILED",
  BAD_REQUEST: "BAD_REQUEST",
  BAD_USER_INPUT: "BAD_USER_INPUT",
  OPERATION_RESOLUTION_FAILURE: "BAD_REQUEST",
  PERSISTED_QUERY_NOT_FOUND: "BAD_REQUEST",
  PERSISTED_QUERY_NOT_SUPPORTED: "BAD_REQUEST",
};

const DEFECT_MESSAGE =
  "The gateway failed on this request. Its operator can find the cause by the request id.";
const SUGGESTION = / ?Did you mean [^?]*\?/g;

function findGatewayError(error: unknown): GatewayError | undefined {
  if (error instanceof GatewayError) return error;
  return error instanceof GraphQLError && error.originalError
    ? findGatewayError(error.originalError)
    : undefined;
}

/** graphql-js reports a variable of the wrong type without a code: only it blames a node and has no cause. */
function requestCode(error: GraphQLError): string | undefined {
  const { code } = error.extensions;
  if (typeof code === "string") return REQUEST_CODES[code];
  const blamesVariable = error.nodes?.length === 1 && error.nodes[0]?.kind === "VariableDefinition";
  return blamesVariable && !error.originalError ? "BAD_USER_INPUT" : undefined;
}

/** @param options.hideSuggestions leaves out graphql-js's "Did you mean ...?", which tells of the schema */
export function createErrorPublisher(options: { log: Logger; hideSuggestions: boolean }): PublishError {
  return (error) => {
    const located: GraphQLFormattedError | undefined =
      error instanceof GraphQLError ? error.toJSON() : undefined;
    const place = {
      ...(located?.locations && { locations: located.locations }),
      ...(located?.path && { path: located.path }),
    };
    const known = findGatewayError(error);
    if (known) return { message: known.message, ...place, extensions: known.extensions };
    const code = error instanceof GraphQLError ? requestCode(error) : undefined;
    if (located && code !== undefined) {
      const message = options.hideSuggestions ? located.message.replace(SUGGESTION, "") : located.message;
      return { message, ...place, extensions: { code } };
    }
    options.log.error({ event: "defect", err: error }, "A request failed because of a defect");
    return { message: DEFECT_MESSAGE, ...place, extensions: { code: "INTERNAL_SERVER_ERROR" } };
  };
}

/** The same error with the request id that every error carries. */
export function withRequestId(error: GraphQLFormattedError, requestId: string): GraphQLFormattedError {
  return { ...error, extensions: { ...error.extensions, requestId } };
}
