import type { IncomingMessage } from "node:http";

/** A request whose body has been read, and what it shares with all requests that are answered alike. */
export interface Posted {
  body: Buffer;
  key: string;
}

/** Longer requests are rare, and would fill the cache with their texts. */
export const LONGEST_BODY = 16_384;

/** Whether the request may be a query in JSON whose body is short enough, in bytes. */
export function mayBeRepeated(
  { method, url, headers }: IncomingMessage,
  path: string,
  longestBody: number,
): boolean {
  if (method !== "POST" || url !== path) return false;
  if (!headers["content-type"]?.startsWith("application/json")) return false;
  return Number(headers["content-length"]) <= longestBody;
}

/** Calls back with the whole body. A request that is broken off before never comes to an end, and nothing waits for it. */
export function readBody(request: IncomingMessage, onBody: (body: Buffer) => void): void {
  let body: Buffer | undefined;
  request.on("data", (chunk: Buffer) => {
    body = body === undefined ? chunk : Buffer.concat([body, chunk]);
  });
  request.on("end", () => onBody(body ?? Buffer.alloc(0)));
}
