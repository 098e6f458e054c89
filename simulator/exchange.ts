import type { IncomingMessage, ServerResponse } from "node:http";
import { splitTarget } from "./auth/canonical-request.js";
import type { Ending, Reply } from "./faults/effects.js";
import type { JournalEntry } from "./journal.js";

/** The greatest body that is read. */
const MAX_BODY_BYTES = 1024 * 1024;

/** A request with its whole body. */
export interface IncomingRequest {
  method: string;
  /** Path and query, as in the request line. */
  target: string;
  path: string;
  query: URLSearchParams;
  /** Names in lower case; repeated ones joined by a comma. */
  headers: Record<string, string>;
  /** The exact bytes. */
  body: Buffer;
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError(`a body of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads a request to its end; rejects when the client goes away meanwhile or sends too much. */
export async function readRequest(message: IncomingMessage): Promise<IncomingRequest> {
  const target = message.url ?? "/";
  const [path, query] = splitTarget(target);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return {
    method: message.method ?? "GET",
    target,
    path,
    query: new URLSearchParams(query),
    headers,
    body: await readBytes(message),
  };
}

function writeHead(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { ...reply.headers, "Content-Length": Buffer.byteLength(reply.body) });
}

/** Ends an exchange as planned and notes it. */
export function finish(response: ServerResponse, ending: Ending, entry: JournalEntry): void {
  if (entry.end !== "open") return;
  if (!("reply" in ending)) {
    entry.end = "cut";
    response.socket?.resetAndDestroy();
    return;
  }
  const { reply, cut } = ending;
  entry.status = reply.status;
  entry.end = cut ? "cut" : "answered";
  writeHead(response, reply);
  if (!cut) {
    response.end(reply.body);
    return;
  }
  const bytes = Buffer.from(reply.body);
  // A reset could overtake what was written; closing does not.
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}
