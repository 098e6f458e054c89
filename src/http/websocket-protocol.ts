import type { IncomingMessage } from "node:http";
import { type FormattedExecutionResult, GraphQLError } from "graphql";
import { CloseCode, makeServer, type Server } from "graphql-ws";
import type { WebSocket } from "ws";
import { hasCode } from "../errors.js";
import type { Identity, IdentityHeaders } from "../identity.js";
import type { OpenSockets } from "./open-sockets.js";
import type { OperationType, RecordOperation } from "./operation-log.js";
import { type PublishError, withRequestId } from "./public-error.js";
import { requestIdFrom } from "./request-id.js";
import { type ClientAddress, requestInfo } from "./request-info.js";
import type { PreparedOperation, StreamOperations } from "./stream-operation.js";

/** A socket without `connection_init` for that long is closed with 4408. */
const INIT_TIMEOUT_MS = 5_000;

export interface ProtocolOptions {
  operations: StreamOperations;
  identity: Identity;
  clientAddress: ClientAddress;
  publishError: PublishError;
  recordOperation: RecordOperation;
}

/** What the protocol keeps beside each socket. */
export interface SocketState {
  socket: WebSocket;
  request: IncomingMessage;
  /** Aborts when the socket has closed. */
  gone: AbortController;
  running: Map<string, RunningOperation>;
}

interface RunningOperation {
  requestId: string;
  startedAt: number;
  type: OperationType;
  name?: string | undefined;
  errors?: ReturnType<PublishError>[];
}

export interface Protocol {
  server: Server<SocketState>;
  /** Records what was still running on a socket that has closed. */
  abandon(state: SocketState): void;
}

/** The texts among `connectionParams`, their names in lower case: header names come in any case of letters. */
function headersFrom(
  params: Record<string, unknown> | undefined,
): IdentityHeaders & { "x-request-id"?: string } {
  const texts = Object.entries(params ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts.map(([name, value]) => [name.toLowerCase(), value]));
}

function located(error: Error): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError(error.message, { originalError: error });
}

/** The `graphql-transport-ws` protocol on top of the operations that both streaming transports share. */
export function createProtocol(options: ProtocolOptions, sockets: OpenSockets): Protocol {
  const { operations, identity, publishError, recordOperation } = options;

  function publish(errors: readonly GraphQLError[], running: RunningOperation) {
    return errors.map((error) => withRequestId(publishError(error), running.requestId));
  }

  function start(state: SocketState, id: string, requestId: string): RunningOperation {
    const running: RunningOperation = { requestId, startedAt: performance.now(), type: "invalid" };
    state.running.set(id, running);
    return running;
  }

  function finish(state: SocketState, id: string): void {
    const running = state.running.get(id);
    if (!running) return;
    state.running.delete(id);
    if (running.type === "query" || running.type === "mutation") sockets.operationEnded(state.socket);
    const { requestId, type, name, startedAt, errors } = running;
    recordOperation({
      requestId,
      type,
      name,
      transport: "ws",
      durationMs: performance.now() - startedAt,
      errors,
    });
  }

  const run = (args: unknown) => operations.run(args as PreparedOperation["args"]);

  const server = makeServer<Record<string, unknown>, SocketState>({
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,
    execute: run,
    subscribe: run,
    async onSubscribe({ connectionParams, extra: state }, id, payload) {
      const headers = headersFrom(connectionParams);
      const requestId = requestIdFrom(headers["x-request-id"]);
      const running = start(state, id, requestId);
      const address = options.clientAddress(state.request);
      const info = requestInfo(identity, { requestId, headers, address, signal: state.gone.signal });
      const prepared = await operations.prepare(payload, info);
      if (!("args" in prepared)) return prepared.map(located);
      running.type = prepared.operation.operation;
      running.name = prepared.operation.name?.value;
      if (running.type !== "subscription") sockets.operationStarted(state.socket);
      return prepared.args;
    },
    onNext({ extra: state }, id, _payload, _args, result) {
      const running = state.running.get(id);
      if (!result.errors || !running) return undefined;
      const errors = publish(result.errors, running);
      if (running.type !== "subscription") running.errors = errors;
      return { ...result, errors } as FormattedExecutionResult;
    },
    onError({ extra: state }, id, _payload, errors) {
      const running = state.running.get(id);
      if (!running) return undefined;
      running.errors = publish(errors, running);
      // Without a message for the operation, so that clients connect again with new connectionParams and resume it.
      const isExpired = errors.some((error) => hasCode(error.originalError, "UNAUTHENTICATED"));
      if (isExpired) state.socket.close(CloseCode.Forbidden, "Forbidden");
      finish(state, id);
      return running.errors;
    },
    onComplete: ({ extra: state }, id) => finish(state, id),
  });

  return {
    server,
    abandon(state) {
      for (const id of state.running.keys()) finish(state, id);
    },
  };
}
