import type { IncomingMessage } from "node:http";
import { type FormattedExecutionResult, GraphQLError, type GraphQLFormattedError } from "graphql";
import { CloseCode, makeServer, type Server } from "graphql-ws";
import type { WebSocket } from "ws";
import type { Cancellation } from "../cancellation.js";
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
  gone: Cancellation;
  /** By the payload of the message that asked for it: a client may use an id again before its last use has ended. */
  running: Map<object, RunningOperation>;
}

interface RunningOperation {
  requestId: string;
  startedAt: number;
  type: OperationType;
  name?: string | undefined;
  errors?: GraphQLFormattedError[];
}

export interface Protocol {
  server: Server<SocketState>;
  /** Records what was still running on a socket that has closed. */
  abandon(state: SocketState): void;
}

/** No project, and no request id: what is given in their place is malformed, not missing. */
const NO_TEXT = "?";

/** What `connectionParams` holds as headers, the names in lower case: header names come in any case of letters. A token that is no text is none. */
function headersFrom(
  params: Record<string, unknown> | undefined,
): IdentityHeaders & { "x-request-id"?: string } {
  const given = Object.entries(params ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  const known = given.filter(
    ([name, value]) =>
      value !== undefined && value !== null && !(name === "x-auth-token" && typeof value !== "string"),
  );
  return Object.fromEntries(known.map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return Number.isSafeInteger(value) ? String(value) : NO_TEXT;
}

function located(error: Error): GraphQLError {
  return error instanceof GraphQLError ? error : new GraphQLError(error.message, { originalError: error });
}

/** The `graphql-transport-ws` protocol on top of the operations that both streaming transports share. */
export function createProtocol(options: ProtocolOptions, sockets: OpenSockets): Protocol {
  const { operations, identity, publishError, recordOperation } = options;

  /** What was refused before it ran, with what the client is told. */
  const refused = new WeakMap<object, GraphQLFormattedError[]>();

  function publish(errors: readonly unknown[], running: RunningOperation | undefined) {
    const requestId = running?.requestId ?? requestIdFrom(undefined);
    return errors.map((error) => withRequestId(publishError(error), requestId));
  }

  function start(state: SocketState, payload: object, requestId: string): RunningOperation {
    const running: RunningOperation = { requestId, startedAt: performance.now(), type: "invalid" };
    state.running.set(payload, running);
    return running;
  }

  function finish(state: SocketState, payload: object): void {
    const running = state.running.get(payload);
    if (!running) return;
    state.running.delete(payload);
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
    async onSubscribe({ connectionParams, extra: state }, _id, payload) {
      const headers = headersFrom(connectionParams);
      const requestId = requestIdFrom(headers["x-request-id"]);
      const running = start(state, payload, requestId);
      const address = options.clientAddress(state.request);
      const info = requestInfo(identity, { requestId, headers, address, signal: state.gone });
      const prepared = await operations.prepare(payload, info);
      if (!("args" in prepared)) {
        // Here, because a client that has completed it meanwhile is told nothing, and nothing else ends it then.
        running.errors = publish(prepared, running);
        refused.set(payload, running.errors);
        finish(state, payload);
        return prepared.map(located);
      }
      running.type = prepared.operation.operation;
      running.name = prepared.operation.name?.value;
      if (running.type !== "subscription") sockets.operationStarted(state.socket);
      return prepared.args;
    },
    onNext({ extra: state }, _id, payload, _args, result) {
      if (!result.errors) return undefined;
      const running = state.running.get(payload);
      const errors = publish(result.errors, running);
      if (running && running.type !== "subscription") running.errors = errors;
      return { ...result, errors } as FormattedExecutionResult;
    },
    onError({ extra: state }, _id, payload, errors) {
      const told = refused.get(payload);
      if (told) return told;
      const running = state.running.get(payload);
      const published = publish(errors, running);
      if (running) running.errors = published;
      // Without a message for the operation, so that clients connect again with new connectionParams and resume it.
      const isExpired = errors.some((error) => hasCode(error.originalError, "UNAUTHENTICATED"));
      if (isExpired) state.socket.close(CloseCode.Forbidden, "Forbidden");
      finish(state, payload);
      return published;
    },
    onComplete: ({ extra: state }, _id, payload) => finish(state, payload),
  });

  return {
    server,
    abandon(state) {
      for (const payload of state.running.keys()) finish(state, payload);
    },
  };
}
