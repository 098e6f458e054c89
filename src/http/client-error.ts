import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { DEFAULT_HEADERS } from "./default-headers.js";
import { badRequest } from "./operation-request.js";
import { type PublishError, withRequestId } from "./public-error.js";
import { requestIdFrom } from "./request-id.js";

/** What Node's HTTP parser refuses, by its error code; everything else is 400. */
const REFUSALS: Record<string, { status: number; message: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: "The request's headers are too long." },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: "The request did not arrive in time." },
};
const MALFORMED = { status: 400, message: "This is no HTTP request." };

/** Answers, in the words of GraphQL, what never became a request, and closes its connection. */
export function createClientErrorHandler(publishError: PublishError) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    if (error.code === "ECONNRESET" || socket.destroyed) return;
    if (!socket.writable) return void socket.destroy();
    const { status, message } = REFUSALS[error.code ?? ""] ?? MALFORMED;
    const requestId = requestIdFrom(undefined);
    const body = JSON.stringify({ errors: [withRequestId(publishError(badRequest(message)), requestId)] });
    const headers = {
      ...DEFAULT_HEADERS,
      "x-request-id": requestId,
      "content-type": "application/json; charset=utf-8",
      "content-length": String(Buffer.byteLength(body)),
      connection: "close",
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.once("finish", () => socket.destroy());
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
  };
}
