import type { IncomingMessage } from "node:http";

/**
 * Whether a browser page may open a WebSocket: browsers send `Origin` and enforce no CORS on upgrades, so the server has
 * to. A missing origin passes (no browser), the gateway's own passes, others must be listed.
 */
export function isOriginAllowed(request: IncomingMessage, corsOrigins: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || corsOrigins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/**
 * Whether a GET comes from a page that may not ask: browsers send one without asking first, and on a network where the
 * gateway's own identity serves everybody that alone would be access (CSRF). No origin is sent by a page that does not
 * read the answer; browsers then tell by `Sec-Fetch-Site` where the page is from.
 */
export function isFromForeignPage(request: IncomingMessage, corsOrigins: readonly string[]): boolean {
  if (request.headers.origin !== undefined) return !isOriginAllowed(request, corsOrigins);
  const site = request.headers["sec-fetch-site"];
  return site === "cross-site" || site === "same-site";
}
