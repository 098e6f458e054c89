import type { IncomingMessage, ServerResponse } from "node:http";
import { failureBody, Refusal } from "./answers.js";
import type { World } from "./api.js";
import type { Authenticator } from "./auth/authenticate.js";
import { describeRequest } from "./auth/signature.js";
import type { SimulatorClock } from "./clock.js";
import { finish, type IncomingRequest } from "./exchange.js";
import { type Ending, type FaultContext, type Reply, strikeAfter, strikeBefore } from "./faults/effects.js";
import type { FaultRegistry } from "./faults/registry.js";
import type { ExchangeEnd, Journal, JournalEntry } from "./journal.js";
import { type JsonObject, stringifyJson } from "./json.js";
import { matchRoute, type RouteMatch } from "./router.js";
import { serve } from "./service.js";
import type { Throttle } from "./throttle.js";
import { styleFor } from "./wire/habits.js";

export interface CallParts {
  world: World;
  authenticator: Authenticator;
  clock: SimulatorClock;
  faults: FaultRegistry;
  throttle: Throttle;
  journal: Journal;
}

/** One call of the service under way. */
interface Call {
  request: IncomingRequest;
  match: RouteMatch | undefined;
  entry: JournalEntry;
  address: string;
  requestId: string;
}

function jsonReply(status: number, body: JsonObject, headers: Record<string, string> = {}): Reply {
  const type = { "Content-Type": "application/json;charset=utf-8" };
  return { status, headers: { ...type, ...headers }, body: stringifyJson(body) };
}

/** The service says `error_message`, its list of versions `error_msg`. */
function refusalReply(refusal: Refusal, { match, requestId }: Call): Reply {
  const textMember = match?.route === "listVersions" ? "error_msg" : "error_message";
  return jsonReply(refusal.status, failureBody(refusal, requestId, textMember), refusal.headers);
}

/** A failure of the service itself may come with HTTP 200; those of the API gateway and of authentication do not. */
function inHabit(refusal: Refusal, { match, request }: Call, world: World): Refusal {
  const isOwn = refusal.code.startsWith("ModelArts.") && (refusal.status === 400 || refusal.status === 404);
  const { failuresWithHttp200 } = styleFor(world.habits(), `failure/${match?.route}/${request.path}`);
  return isOwn && failuresWithHttp200 ? new Refusal(200, refusal.code, refusal.message) : refusal;
}

function carryOut(call: Call, parts: CallParts): Reply {
  const { request, match, entry, address } = call;
  try {
    if (match?.route !== "createToken") parts.throttle.admit(address);
    const answer = serve(request, match, parts.world, parts.authenticator);
    entry.processed = true;
    return jsonReply(answer.status, answer.body, answer.headers);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refusalReply(inHabit(error, call, parts.world), call);
  }
}

async function endingOf(call: Call, parts: CallParts, signal: AbortSignal): Promise<Ending> {
  const { request, match } = call;
  const strikes = parts.faults.strike({
    route: match?.route,
    method: request.method,
    projectId: match?.projectId,
    jobId: match?.jobId,
    versionId: match?.versionId,
    token: request.headers["x-auth-token"],
  });
  const context: FaultContext = {
    signal,
    refuse: (refusal) => refusalReply(refusal, call),
    canonicalRequest: () => describeRequest(request),
  };
  const early = await strikeBefore(strikes, context);
  return early ?? (await strikeAfter(strikes, context, carryOut(call, parts)));
}

function recordRequest(
  request: IncomingRequest,
  match: RouteMatch | undefined,
  parts: CallParts,
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

/** Aborts when the connection closes before an answer was sent, and notes that in the journal. */
function watchConnection(
  response: ServerResponse,
  entry: JournalEntry,
  lostBy: () => ExchangeEnd,
): AbortSignal {
  const gone = new AbortController();
  const onClose = () => {
    if (entry.end === "open") entry.end = lostBy();
    gone.abort();
  };
  if (response.closed) onClose();
  else response.once("close", onClose);
  return gone.signal;
}

/** Numbers the requests for `X-Request-Id`. */
function createRequestIds(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return count.toString(16).padStart(32, "0");
  };
}

/**
 * Handles one call of the service from its journal entry to its end.
 *
 * @param lostBy who broke a connection that closes without an answer: the client (`aborted`) or the simulator (`cut`)
 */
export function createCallHandler(parts: CallParts, lostBy: () => ExchangeEnd) {
  const nextRequestId = createRequestIds();
  return async (request: IncomingRequest, message: IncomingMessage, response: ServerResponse) => {
    const match = matchRoute(request.method, request.path);
    const entry = recordRequest(request, match, parts);
    const signal = watchConnection(response, entry, lostBy);
    const requestId = nextRequestId();
    response.setHeader("X-Request-Id", requestId);
    const call = { request, match, entry, requestId, address: message.socket.remoteAddress ?? "" };
    finish(response, await endingOf(call, parts, signal), entry);
  };
}
