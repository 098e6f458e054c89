import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CallParts, createCallHandler } from "./call.js";
import { type IncomingRequest, readRequest } from "./exchange.js";
import type { Reply } from "./faults/effects.js";

export interface ServerParts extends CallParts {
  /** Answers what begins with `/_control`. */
  control(request: IncomingRequest): Reply;
}

/** The listening simulator. */
export interface RunningServer {
  readonly port: number;
  /** Breaks all connections and refuses new ones, as a service that is away. */
  suspend(): Promise<void>;
  /** Listens again on the same port. */
  resume(): Promise<void>;
  /** Ends for good. */
  close(): Promise<void>;
}

const CONTROL_PATH = "/_control";
const isLoopback = (address: string): boolean => /^(?:::ffff:)?127\.|^::1$/.test(address);

function answerControl(request: IncomingRequest, parts: ServerParts, response: ServerResponse): void {
  if (!isLoopback(response.socket?.remoteAddress ?? "")) {
    response.writeHead(403).end("The control interface is for this machine alone.\n");
    return;
  }
  const { status, headers, body } = parts.control(request);
  response.writeHead(status, headers).end(body);
}

/** Whoever has gone away, or sends too much, gets no answer; anything else is a defect of the simulator and is shown. */
function answerDefect(error: unknown, message: IncomingMessage, response: ServerResponse): void {
  if (response.destroyed || message.destroyed) {
    message.socket.destroy();
    return;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  response.writeHead(500, { "Content-Type": "text/plain", Connection: "close" }).end(text);
}

function createListener(parts: ServerParts, isAway: () => boolean) {
  const handleCall = createCallHandler(parts, () => (isAway() ? "cut" : "aborted"));

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    response.sendDate = false;
    response.setHeader("Date", new Date(parts.clock.now()).toUTCString());
    if (request.path.startsWith(CONTROL_PATH)) answerControl(request, parts, response);
    else await handleCall(request, message, response);
  }

  return (message: IncomingMessage, response: ServerResponse): void => {
    handle(message, response).catch((error: unknown) => answerDefect(error, message, response));
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const { port: found } = server.address() as AddressInfo;
      resolve(found);
    });
  });
}

/** Listens on `host` and `port` (0: any free port). */
export async function startServer(parts: ServerParts, host: string, port: number): Promise<RunningServer> {
  let away = false;
  const server = createServer(
    { keepAliveTimeout: 60_000 },
    createListener(parts, () => away),
  );
  const found = await listen(server, host, port);

  async function suspend(): Promise<void> {
    away = true;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  return {
    port: found,
    suspend,
    async resume() {
      await listen(server, host, found);
      away = false;
    },
    async close() {
      parts.faults.clear();
      await suspend();
    },
  };
}
