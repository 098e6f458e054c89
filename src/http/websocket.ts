import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { CloseCode, handleProtocols } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import { Cancellation } from "../cancellation.js";
import type { Logger } from "../observability/logger.js";
import type { HttpEvents } from "./events.js";
import { OpenSockets } from "./open-sockets.js";
import { OperationIds } from "./operation-ids.js";
import { createProtocol, type ProtocolOptions, type SocketState } from "./websocket-protocol.js";

export interface WebSocketOptions extends ProtocolOptions {
  events: HttpEvents;
  log: Logger;
  /** Longest message, in bytes. */
  maxMessageBytes: number;
}

export interface WebSocketEndpoint {
  /** Takes an HTTP upgrade over; the caller has checked path and origin. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Closes every socket with 1001 once its queries and mutations are answered, at the latest after `graceMs`.
   * No subscription is told `complete`, so that clients resume elsewhere.
   */
  drain(graceMs: number): Promise<void>;
}

const HEARTBEAT_MS = 15_000;
const MAX_REASON_BYTES = 123;
/** Who has that much to read and asks for more does not read. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/**
 * Resolves when the message has left this process, which is what holds a fast source back behind a slow reader; also
 * when it could not be written: then the socket closes, and that ends whatever wanted to send.
 */
function send(socket: WebSocket, data: string | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (data === undefined || socket.readyState !== socket.OPEN) resolve();
    else socket.send(data, () => resolve());
  });
}

/** A close frame holds 123 bytes of reason (RFC 6455, section 5.5.1); some reasons quote the client. */
function withinFrame(reason: string): string {
  return Buffer.byteLength(reason) <= MAX_REASON_BYTES ? reason : "";
}

/** Pings regularly and ends a socket that did not answer the ping before. */
function keepAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on("pong", () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, HEARTBEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Ends a socket whose client goes on sending without reading what it is answered: its answers would pile up here. */
function endWithoutReader(socket: WebSocket): void {
  const check = () => {
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.terminate();
  };
  socket.on("message", check);
  socket.on("ping", check);
}

/** GraphQL over WebSocket. */
export function createWebSocketEndpoint(options: WebSocketOptions): WebSocketEndpoint {
  const { log } = options;
  const sockets = new OpenSockets();
  const protocol = createProtocol(options, sockets);
  const socketServer = new WebSocketServer({
    noServer: true,
    handleProtocols: (protocols) => handleProtocols(protocols),
    maxPayload: options.maxMessageBytes,
    perMessageDeflate: false,
  });

  function fail(socket: WebSocket, error: unknown): void {
    if (socket.readyState !== socket.OPEN) return;
    log.error({ event: "defect", err: error }, "A WebSocket message failed because of a defect");
    socket.close(CloseCode.InternalServerError, "Internal server error");
  }

  socketServer.on("connection", (socket: WebSocket, request: IncomingMessage) => {
    const state: SocketState = { socket, request, gone: new Cancellation(), running: new Map() };
    const streamClosed = options.events.streamOpened("ws");
    const stopHeartbeat = keepAlive(socket);
    endWithoutReader(socket);
    sockets.add(socket);
    const close = (code?: number, reason = "") => socket.close(code, withinFrame(reason));
    const ids = new OperationIds((id) =>
      close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`),
    );
    const closed = protocol.server.opened(
      {
        protocol: socket.protocol,
        send: (data) => send(socket, ids.outbound(data)),
        close,
        onMessage: (handle) => {
          socket.on("message", (data) => {
            const message = ids.inbound(String(data));
            if (message === undefined) return;
            handle(message).catch((error: unknown) => fail(socket, error));
          });
        },
      },
      state,
    );
    socket.on("error", (error) =>
      log.debug({ event: "websocket_error", reason: error.message }, "WebSocket error"),
    );
    socket.once("close", (code, reason) => {
      stopHeartbeat();
      state.gone.abort();
      protocol.abandon(state);
      sockets.remove(socket);
      streamClosed();
      closed(code, String(reason)).catch((error: unknown) => fail(socket, error));
    });
  });

  return {
    upgrade(request, socket, head) {
      socketServer.handleUpgrade(request, socket, head, (webSocket) => {
        socketServer.emit("connection", webSocket, request);
      });
    },
    drain: (graceMs) => sockets.drain(graceMs),
  };
}
