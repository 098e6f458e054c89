import { GraphQLError, type GraphQLFormattedError, Kind } from "graphql";
import { GatewayError } from "../errors.js";
import type { Logger } from "../observability/logger.js";
import { hideSecrets } from "./hide-secrets.js";

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
const CLIENT_GONE = "The client ended the request before it was answered.";
const SUGGESTION = / ?Did you mean [^?]*\?/g;

function findGatewayError(error: unknown): GatewayError | undefined {
  if (error instanceof GatewayError) return error;
  return error instanceof GraphQLError && error.originalError
    ? findGatewayError(error.originalError)
    : undefined;
}

/** What graphql-js blames for a value that does not fit: a variable's definition, or the value of an argument. */
const VALUE_NODES: ReadonlySet<string> = new Set([
  Kind.VARIABLE_DEFINITION,
  Kind.VARIABLE,
  Kind.LIST,
  Kind.OBJECT,
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.ENUM,
  Kind.NULL,
]);
/** How graphql-js ends a list of such errors that is too long: without a node to blame. */
const TOO_MANY = "Too many errors processing variables";

/** Something else than graphql-js is the reason. */
function hasForeignCause({ originalError }: GraphQLError): boolean {
  return originalError instanceof GraphQLError ? hasForeignCause(originalError) : originalError !== undefined;
}

/** graphql-js reports values that do not fit without a code; what it reports of results blames no value. */
function blamesValue(error: GraphQLError): boolean {
  if (hasForeignCause(error)) return false;
  const [node, ...others] = error.nodes ?? [];
  if (node !== undefined) return others.length === 0 && VALUE_NODES.has(node.kind);
  if (error.originalError instanceof GraphQLError) return blamesValue(error.originalError);
  return error.message.startsWith(TOO_MANY);
}

function requestCode(error: GraphQLError): string | undefined {
  // Errors that graphql-jit finds itself have no extensions, whatever their type says.
  const code = (error.extensions as GraphQLError["extensions"] | undefined)?.code;
  if (typeof code === "string") return REQUEST_CODES[code];
  return blamesValue(error) ? "BAD_USER_INPUT" : undefined;
}

/** What the lookups of an operation end with once its client has gone: nobody's defect, and nobody reads it. */
function isClientGone(error: unknown): boolean {
  if (error instanceof GraphQLError) return isClientGone(error.originalError);
  return error instanceof Error && error.name === "AbortError";
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
      const quoted = options.hideSuggestions ? located.message.replace(SUGGESTION, "") : located.message;
      const message = hideSecrets(quoted);
      return { message, ...place, extensions: { code } };
    }
    if (isClientGone(error)) return { message: CLIENT_GONE, ...place, extensions: { code: "BAD_REQUEST" } };
    options.log.error({ event: "defect", err: error }, "A request failed because of a defect");
    return { message: DEFECT_MESSAGE, ...place, extensions: { code: "INTERNAL_SERVER_ERROR" } };
  };
}

/** The same error with the request id that every error carries. */
export function withRequestId(error: GraphQLFormattedError, requestId: string): GraphQLFormattedError {
  return { ...error, extensions: { ...error.extensions, requestId } };
}
