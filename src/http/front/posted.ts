import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../../domain/index.js";
import type { Form } from "./form.js";
import type { Head } from "./heads.js";

/** A request whose body has been read: it may be a query or a mutation in JSON. */
export interface Posted {
  request: IncomingMessage;
  response: ServerResponse;
  body: Buffer;
  caller: Caller;
  /** Whom limits count the request against. */
  quotaKey: string;
  form: Form;
  /** What answers to requests of that form are sent with; undefined where there was none yet. */
  head: Head | undefined;
  /** When its body had arrived, by `performance.now()`. */
  startedAt: number;
}

/** Longer requests are rare, and would fill the caches with their texts. */
export const LONGEST_BODY = 16_384;

/** Whether the request may be an operation in JSON whose body is short enough, in bytes. */
export function isShortPost(
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
