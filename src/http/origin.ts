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
