import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ExecutionResult, GraphQLFormattedError } from "graphql";
import { Cancellation } from "../cancellation.js";
import type { Identity } from "../identity.js";
import type { HttpEvents } from "./events.js";
import { OpenStreams } from "./open-streams.js";
import type { RecordOperation } from "./operation-log.js";
import { badRequest, type OperationRequest, readOperationRequest } from "./operation-request.js";
import { isFromForeignPage } from "./origin.js";
import { type PublishError, withRequestId } from "./public-error.js";
import { identityHeaders, requestInfo } from "./request-info.js";
import { type EventStream, openEventStream } from "./sse-response.js";
import type { OperationResults, PreparedOperation, StreamOperations } from "./stream-operation.js";

export interface EventStreamOptions {
  operations: StreamOperations;
  identity: Identity;
  publishError: PublishError;
  recordOperation: RecordOperation;
  events: HttpEvents;
  /** Whose pages may ask by GET, besides the gateway's own. */
  corsOrigins: readonly string[];
}

export interface EventStreamEndpoint {
  /**
   * Ends every subscription without `complete`, so that clients resume elsewhere, and those that come from now on. Queries and
   * mutations are answered.
   */
  drain(): void;
}

type PublishAll = (errors: readonly unknown[], requestId: string) => GraphQLFormattedError[];

/** Writes every result; returns the errors that ended the operation. */
async function writeResults(
  results: OperationResults,
  stream: EventStream,
  publish: (errors: readonly unknown[]) => GraphQLFormattedError[],
): Promise<GraphQLFormattedError[] | undefined> {
  async function writeResult({ errors, ...rest }: ExecutionResult) {
    const published = errors && publish(errors);
    await stream.send("next", published ? { ...rest, errors: published } : rest);
    return published;
  }
  try {
    if (!(Symbol.asyncIterator in results)) return await writeResult(results);
    if (stream.isOver) {
      await results.return();
      return undefined;
    }
    stream.closed.addEventListener("abort", () => void results.return());
    for await (const result of results) await writeResult(result);
    return undefined;
  } catch (error) {
    const errors = publish([error]);
    await stream.send("next", { errors });
    return errors;
  }
}

/** Runs the operation for as long as its response is open. */
async function answer(
  prepared: PreparedOperation | readonly Error[],
  { request, reply, gone }: { request: FastifyRequest; reply: FastifyReply; gone: Cancellation },
  { options, publish, streams }: { options: EventStreamOptions; publish: PublishAll; streams: OpenStreams },
): Promise<void> {
  const startedAt = performance.now();
  const streamClosed = options.events.streamOpened("sse");
  gone.addEventListener("abort", streamClosed);
  const stream = openEventStream(reply, gone);
  const publishHere = (errors: readonly unknown[]) => publish(errors, request.id);
  const definition = "args" in prepared ? prepared.operation : undefined;
  if (definition?.operation === "subscription") streams.add(stream);
  let errors: GraphQLFormattedError[] | undefined;
  try {
    if ("args" in prepared) {
      errors = await writeResults(await options.operations.run(prepared.args), stream, publishHere);
    } else {
      errors = publishHere(prepared);
      await stream.send("next", { errors });
    }
    await stream.send("complete");
  } finally {
    stream.end();
    options.recordOperation({
      requestId: request.id,
      type: definition?.operation ?? "invalid",
      name: definition?.name?.value,
      transport: "sse",
      durationMs: performance.now() - startedAt,
      errors,
    });
  }
}

/** GraphQL over Server-Sent Events, distinct connections mode: one response for one operation. */
export function registerEventStream(app: FastifyInstance, options: EventStreamOptions): EventStreamEndpoint {
  const streams = new OpenStreams();
  const publish: PublishAll = (errors, requestId) =>
    errors.map((error) => withRequestId(options.publishError(error), requestId));

  app.route({
    method: ["GET", "POST"],
    url: "/graphql/stream",
    async handler(request, reply) {
      const refuse = (status: number, error: unknown) =>
        reply.code(status).send({ errors: publish([error], request.id) });
      if (!request.headers.accept?.toLowerCase().includes("text/event-stream")) {
        return refuse(406, badRequest("Ask for Accept: text/event-stream."));
      }
      if (request.method === "GET" && isFromForeignPage(request.raw, options.corsOrigins)) {
        return refuse(403, badRequest("A page of another origin may not ask this by GET."));
      }
      let operation: OperationRequest;
      try {
        operation = readOperationRequest(request);
      } catch (error) {
        return refuse(400, error);
      }
      const gone = new Cancellation();
      const source = {
        requestId: request.id,
        headers: identityHeaders(request.headers),
        address: request.ip,
      };
      const info = requestInfo(options.identity, { ...source, signal: gone });
      const prepared = await options.operations.prepare(operation, info);
      if (request.method === "GET" && "args" in prepared && prepared.operation.operation === "mutation") {
        return refuse(405, badRequest("A mutation needs a POST.")).header("allow", "POST");
      }
      await answer(prepared, { request, reply, gone }, { options, publish, streams });
      return reply;
    },
  });

  return streams;
}
