import type { Server } from "node:http";

/**
 * While the server closes, lets each connection go when its last answer is written. Node closes those that are idle when
 * the closing begins; one that was busy then would stay until its client leaves it.
 */
export function closeIdleConnections(server: Server, isClosing: () => boolean): void {
  const onResponseClose = () => {
    // Only after this event does the connection count as idle.
    if (isClosing()) setImmediate(() => server.closeIdleConnections());
  };
  server.on("request", (_request, response) => response.on("close", onResponseClose));
}
