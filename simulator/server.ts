import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { failureBody, Refusal } from "./answers.js";
import type { World } from "./api.js";
import type { Authenticator } from "./auth/authenticate.js";
import { describeRequest } from "./auth/signature.js";
import type { SimulatorClock } from "./clock.js";
import { finish, type IncomingRequest, readRequest } from "./exchange.js";
import { type Ending, type FaultContext, type Reply, strikeAfter, strikeBefore } from "./faults/effects.js";
import type { FaultRegistry } from "./faults/registry.js";
import type { Journal, JournalEntry } from "./journal.js";
import { type JsonObject, stringifyJson } from "./json.js";
import { matchRoute, type RouteMatch } from "./router.js";
import { serve } from "./service.js";
import type { Throttle } from "./throttle.js";
import { styleFor } from "./wire/habits.js";

export interface ServerParts {
  world: World;
  authenticator: Authenticator;
  clock: SimulatorClock;
  faults: FaultRegistry;
  throttle: Throttle;
  journal: Journal;
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

/** Everything about one exchange. */
interface Exchange {
  request: IncomingRequest;
  match: RouteMatch | undefined;
  entry: JournalEntry;
  address: string;
  context: FaultContext;
}

const CONTROL_PATH = "/_control";
const isLoopback = (address: string): boolean => /^(?:::ffff:)?127\.|^::1$/.test(address);

const JSON_TYPE = { "Content-Type": "application/json;charset=utf-8" };

function jsonReply(status: number, body: JsonObject, headers: Record<string, string> = {}): Reply {
  return { status, headers: { ...JSON_TYPE, ...headers }, body: stringifyJson(body) };
}

/** The service says `error_message`, its list of versions `error_msg`; some failures come with HTTP 200. */
function refusalReply(refusal: Refusal, { match, request, parts, requestId }: RefusalContext): Reply {
  const textMember = match?.route === "listVersions" ? "error_msg" : "error_message";
  const body = failureBody(refusal, requestId, textMember);
  const isOwn = refusal.code.startsWith("ModelArts.") && (refusal.status === 400 || refusal.status === 404);
  const style = styleFor(parts.world.habits(), `failure/${match?.route}/${request.path}`);
  return jsonReply(isOwn && style.failuresWithHttp200 ? 200 : refusal.status, body, refusal.headers);
}

interface RefusalContext {
  match: RouteMatch | undefined;
  request: IncomingRequest;
  parts: ServerParts;
  requestId: string;
}

function reply(exchange: Exchange, parts: ServerParts): Reply {
  const { request, match, entry, context } = exchange;
  try {
    parts.throttle.admit(exchange.address);
    const answer = serve(request, match, parts.world, parts.authenticator);
    entry.processed = true;
    return jsonReply(answer.status, answer.body, answer.headers);
  } catch (error) {
    if (error instanceof Refusal) return context.refuse(error);
    throw error;
  }
}

async function endingOf(exchange: Exchange, parts: ServerParts): Promise<Ending> {
  const { request, match, context } = exchange;
  const strikes = parts.faults.strike({
    route: match?.route,
    method: request.method,
    projectId: match?.projectId,
    jobId: match?.jobId,
    versionId: match?.versionId,
    token: request.headers["x-auth-token"],
  });
  const early = await strikeBefore(strikes, context);
  return early ?? (await strikeAfter(strikes, context, reply(exchange, parts)));
}

function recordRequest(
  request: IncomingRequest,
  match: RouteMatch | undefined,
  parts: ServerParts,
): JournalEntry {
  return parts.journal.record({
    route: match?.route,
    method: request.method,
    path: request.path,
    query: Object.fromEntries(request.query),
    projectId: match?.projectId ?? "",
    jobId: match?.jobId ?? "",
    versionId: match?.versionId ?? "",
    headers: request.headers,
    body: request.body.toString(),
    receivedAt: parts.clock.now(),
  });
}

/** Numbers the requests for `X-Request-Id`. */
function createRequestIds(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return count.toString(16).padStart(32, "0");
  };
}

function createListener(parts: ServerParts) {
  const nextRequestId = createRequestIds();

  async function handleCall(request: IncomingRequest, message: IncomingMessage, response: ServerResponse) {
    const match = matchRoute(request.method, request.path);
    const entry = recordRequest(request, match, parts);
    const gone = new AbortController();
    response.once("close", () => {
      if (entry.end === "open") entry.end = "aborted";
      gone.abort();
    });
    const requestId = nextRequestId();
    response.setHeader("X-Request-Id", requestId);
    const context: FaultContext = {
      signal: gone.signal,
      refuse: (refusal) => refusalReply(refusal, { match, request, parts, requestId }),
      canonicalRequest: () => describeRequest(request),
    };
    const address = message.socket.remoteAddress ?? "";
    const ending = await endingOf({ request, match, entry, address, context }, parts);
    finish(response, ending, entry);
  }

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    response.sendDate = false;
    response.setHeader("Date", new Date(parts.clock.now()).toUTCString());
    if (!request.path.startsWith(CONTROL_PATH)) return handleCall(request, message, response);
    if (!isLoopback(message.socket.remoteAddress ?? "")) {
      response.writeHead(403).end("The control interface is for this machine alone.\n");
      return;
    }
    const { status, headers, body } = parts.control(request);
    response.writeHead(status, headers).end(body);
  }

  return (message: IncomingMessage, response: ServerResponse): void => {
    handle(message, response).catch((error: unknown) => {
      // Whoever has gone away (or sends without end) gets no answer; anything else is a defect of the simulator.
      if (response.destroyed || message.destroyed) {
        message.socket.destroy();
        return;
      }
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      response.writeHead(500, { "Content-Type": "text/plain", Connection: "close" }).end(text);
    });
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
  const server = createServer({ keepAliveTimeout: 60_000 }, createListener(parts));
  const found = await listen(server, host, port);
  const suspend = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    port: found,
    suspend,
    close: async () => {
      parts.faults.clear();
      await suspend();
    },
    resume: async () => {
      await listen(server, host, found);
    },
  };
}
