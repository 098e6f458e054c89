import {
  ApolloServer,
  type ApolloServerPlugin,
  type GraphQLRequestContext,
  type GraphQLRequestListener,
  type HTTPGraphQLRequest,
} from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationTypeNode,
} from "graphql";
import type { GatewayContext } from "../context.js";
import type { Logger } from "../observability/logger.js";
import type { ValidateDocument } from "./document-validation.js";
import { createApolloLimits, type QueryLimits, type RateLimiter } from "./limits/index.js";
import type { OperationType, RecordOperation } from "./operation-log.js";
import { type PublishError, withRequestId } from "./public-error.js";
import { statusOfRequestError } from "./result-status.js";

export interface ApolloOptions {
  schema: GraphQLSchema;
  limits: QueryLimits;
  rateLimiter: RateLimiter;
  validate: ValidateDocument;
  introspection: boolean;
  publishError: PublishError;
  recordOperation: RecordOperation;
  log: Logger;
}

const SUBSCRIPTION_BY_POST =
  "Subscriptions need a stream: use a WebSocket (graphql-transport-ws) on this URL, or Server-Sent Events on /graphql/stream.";

/** A page of another origin can send none of these without being allowed to: one of them makes a GET safe. */
const PREFLIGHTED_HEADERS = [
  "x-auth-token",
  "x-project-id",
  "x-request-id",
  "apollo-require-preflight",
  "x-apollo-operation-name",
];

type Context = GraphQLRequestContext<GatewayContext>;

function checkResolvedOperation(context: Context, limits: QueryLimits): void {
  const { document, operation, request, schema } = context;
  if (!document || !operation) return;
  if (operation.operation === "subscription") {
    throw new GraphQLError(SUBSCRIPTION_BY_POST, { extensions: { code: "BAD_REQUEST" } });
  }
  limits.check({ schema, document, operation, variables: request.variables });
}

interface Finish {
  startedAt: number;
  /** What the document says of its operation is not to be believed. */
  isInvalid: boolean;
  /** What else is wrong with the document: a hook can throw one error only. */
  otherErrors: readonly GraphQLFormattedError[];
}

/** Adds the request id to every error, sets the status of a request error, and records the operation. */
function finish(
  context: Context,
  { startedAt, isInvalid, otherErrors }: Finish,
  recordOperation: RecordOperation,
): void {
  const { body, http } = context.response;
  if (body?.kind !== "single") return;
  const { requestId } = context.contextValue;
  const result = body.singleResult;
  if (result.errors) {
    result.errors = [...result.errors, ...otherErrors].map((error) => withRequestId(error, requestId));
    if (result.data === undefined && http.status !== 405) http.status = statusOfRequestError(result.errors);
    const retryAfterMs = result.errors[0]?.extensions?.retryAfterMs;
    if (http.status === 429) http.headers.set("retry-after", String(Math.ceil(Number(retryAfterMs) / 1_000)));
  }
  recordOperation({
    requestId,
    type: (isInvalid ? "invalid" : (context.operation?.operation ?? "invalid")) satisfies OperationType,
    name: isInvalid ? null : context.operationName,
    transport: "http",
    durationMs: performance.now() - startedAt,
    errors: result.errors,
  });
}

/** What was executed; undefined where it did not come to that. */
function executedOperation({ operation, operationName, document, response }: Context): Handled["executed"] {
  const result = response.body?.kind === "single" ? response.body.singleResult : undefined;
  if (!operation || !document || result?.data === undefined) return undefined;
  return {
    document,
    type: operation.operation,
    name: operationName ?? null,
    isWhole: result.errors === undefined,
  };
}

function gatewayPlugin(
  { limits, rateLimiter, validate, publishError, recordOperation }: ApolloOptions,
  handled: WeakMap<HTTPGraphQLRequest, Handled>,
): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart(): Promise<GraphQLRequestListener<GatewayContext>> {
      const startedAt = performance.now();
      let isInvalid = false;
      let otherErrors: readonly GraphQLFormattedError[] = [];
      return {
        async didResolveSource({ request }) {
          if (request.http) handled.set(request.http, { executed: undefined });
        },
        async didResolveOperation(context) {
          const [error, ...others] = validate(context.document);
          otherErrors = others.map((other) => publishError(other));
          // Else it is beyond a limit.
          isInvalid = error instanceof GraphQLError;
          if (error) throw error;
          rateLimiter.consume(context.contextValue.quotaKey);
          checkResolvedOperation(context, limits);
        },
        async willSendResponse(context) {
          finish(context, { startedAt, isInvalid, otherErrors }, recordOperation);
          const { http } = context.request;
          if (http && handled.has(http)) handled.set(http, { executed: executedOperation(context) });
        },
      };
    },
  };
}

/** What became of a request of GraphQL over HTTP. */
export interface Handled {
  executed: ExecutedOperation | undefined;
}

/** An operation that passed every check and was executed. */
export interface ExecutedOperation {
  document: DocumentNode;
  type: OperationTypeNode;
  name: string | null;
  /** Answered without an error. */
  isWhole: boolean;
}

/** Apollo Server for queries and mutations over HTTP. */
export interface Apollo {
  server: ApolloServer<GatewayContext>;
  /** Undefined where the request was none of GraphQL over HTTP. Known once it is answered. */
  handled(request: HTTPGraphQLRequest): Handled | undefined;
}

/** Starts Apollo Server. It renders no page and calls no outside address. */
export async function startApollo(options: ApolloOptions): Promise<Apollo> {
  const handled = new WeakMap<HTTPGraphQLRequest, Handled>();
  const apolloLimits = createApolloLimits(options.limits);
  const server = new ApolloServer<GatewayContext>({
    schema: options.schema,
    introspection: options.introspection,
    // Documents are validated below, by the same rules as for the other transports: Apollo Server's own throw on some.
    dangerouslyDisableValidation: true,
    hideSchemaDetailsFromClientErrors: !options.introspection,
    nodeEnv: "production",
    csrfPrevention: { requestHeaders: PREFLIGHTED_HEADERS },
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: options.limits.maxTokens },
    stringifyResult: (value) => JSON.stringify(value),
    formatError: (_formatted, error) => options.publishError(apolloLimits.limitBehind(error) ?? error),
    logger: options.log,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      apolloLimits.plugin,
      gatewayPlugin(options, handled),
    ],
  });
  await server.start();
  return { server, handled: (request) => handled.get(request) };
}
