import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
} from "graphql";
import { LRUCache } from "lru-cache";
import { GatewayContext, type RequestInfo, type Services } from "../context.js";
import { GatewayError } from "../errors.js";
import type { ValidateDocument } from "./document-validation.js";
import type { QueryLimits, RateLimiter } from "./limits/index.js";
import { badRequest, type OperationRequest } from "./operation-request.js";

export interface PreparedOperation {
  operation: OperationDefinitionNode;
  args: ExecutionArgs & { contextValue: GatewayContext };
}

export interface StreamOperations {
  /** Parses, validates, admits and checks. Errors are returned, never thrown. */
  prepare(request: OperationRequest, info: RequestInfo): Promise<PreparedOperation | readonly Error[]>;
  /** One result, or for a subscription one result for each event. Never rejects. */
  run(args: PreparedOperation["args"]): Promise<OperationResults>;
}

export type OperationResults = ExecutionResult | AsyncGenerator<ExecutionResult, void, void>;

export interface StreamOperationsOptions {
  schema: GraphQLSchema;
  services: Services;
  limits: QueryLimits;
  rateLimiter: RateLimiter;
  validate: ValidateDocument;
}

/** Valid documents are kept up to that many characters: validating one takes longer than all the rest. */
const MAX_KEPT_CHARACTERS = 1_000_000;

function parseFailure(error: unknown): Error {
  if (error instanceof GatewayError) return error;
  const { message, source, positions } =
    error instanceof GraphQLError ? error : new GraphQLError(String(error));
  return new GraphQLError(message, {
    source: source ?? null,
    positions: positions ?? null,
    extensions: { code: "GRAPHQL_PARSE_FAILED" },
  });
}

function isEventStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/**
 * Executes the selection for each event in a context of its own. `return` goes straight to the source, so that a
 * subscriber who leaves while nothing happens is let go at once.
 */
function mapEvents(
  source: AsyncIterable<unknown>,
  toResult: (event: unknown) => ExecutionResult | Promise<ExecutionResult>,
): AsyncGenerator<ExecutionResult, void, void> {
  const events = source[Symbol.asyncIterator]();
  type Step = IteratorResult<ExecutionResult, void>;

  function stepOf({ done, value: event }: IteratorResult<unknown>): Step | Promise<Step> {
    if (done) return { done: true, value: undefined };
    const result = toResult(event);
    return result instanceof Promise
      ? result.then((value) => ({ done: false, value }))
      : { done: false, value: result };
  }

  return {
    // Thousands wait here for hours: an async function would keep its frame for each.
    next: () => events.next().then(stepOf),
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
    async throw(error) {
      await events.return?.();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await events.return?.();
    },
  };
}

async function subscribe(args: PreparedOperation["args"]) {
  const source = await createSourceEventStream(args);
  if (!isEventStream(source)) return source;
  return mapEvents(source, (rootValue) =>
    execute({ ...args, rootValue, contextValue: args.contextValue.forEvent() }),
  );
}

/** The way of an operation over WebSocket or SSE: what Apollo Server does for plain HTTP. */
export function createStreamOperations(options: StreamOperationsOptions): StreamOperations {
  const { schema, services, limits, rateLimiter, validate } = options;
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: MAX_KEPT_CHARACTERS,
    sizeCalculation: (_document, query) => query.length,
  });

  function parseAndValidate(query: string): DocumentNode | readonly Error[] {
    const known = documents.get(query);
    if (known) return known;
    let document: DocumentNode;
    try {
      document = limits.parse(query);
    } catch (error) {
      return [parseFailure(error)];
    }
    const errors = validate(document);
    if (errors.length > 0) return errors;
    documents.set(query, document);
    return document;
  }

  return {
    async prepare({ query, operationName, variables }, info) {
      const document = parseAndValidate(query);
      if (!("kind" in document)) return document;
      const operation = getOperationAST(document, operationName);
      if (!operation) return [badRequest("Name one of the document's operations in operationName.")];
      const contextValue = new GatewayContext(services, info);
      try {
        rateLimiter.consume(contextValue.quotaKey);
        limits.check({ schema, document, operation, variables: variables ?? undefined });
      } catch (error) {
        return [error as Error];
      }
      return {
        operation,
        args: { schema, document, operationName, variableValues: variables, contextValue },
      };
    },
    async run(args) {
      const isSubscription = getOperationAST(args.document, args.operationName)?.operation === "subscription";
      try {
        return await (isSubscription ? subscribe(args) : execute(args));
      } catch (defect) {
        // It ends this operation, and no other on the same socket.
        return { errors: [new GraphQLError("", { originalError: defect as Error })] };
      }
    },
  };
}
