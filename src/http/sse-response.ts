import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";

const HEARTBEAT_MS = 15_000;
const COMMENT = ":\n\n";

/** Takes the reply over as an event stream with a heartbeat that ends with it. */
export function openEventStream(reply: FastifyReply): ServerResponse {
  const response = reply.raw;
  reply.hijack();
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  // Some browsers take the headers only with the first bytes of the body.
  response.write(COMMENT);
  const heartbeat = setInterval(() => response.write(COMMENT), HEARTBEAT_MS);
  response.once("close", () => clearInterval(heartbeat));
  return response;
}

/** Writes one event and waits until the reader has taken it, so that a slow reader holds its source back. */
export async function writeEvent(
  response: ServerResponse,
  event: "next" | "complete",
  data?: unknown,
): Promise<void> {
  if (response.writableEnded || response.destroyed) return;
  const payload = data === undefined ? "" : ` ${JSON.stringify(data)}`;
  if (response.write(`event: ${event}\ndata:${payload}\n\n`)) return;
  const settled = new AbortController();
  const waits = ["drain", "close"].map((name) => once(response, name, { signal: settled.signal }));
  await Promise.race(waits).finally(() => settled.abort());
  await Promise.allSettled(waits);
}
