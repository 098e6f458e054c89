import type { ServerResponse } from "node:http";

/**
 * Ends an answer whose head was given with its whole body, both in one write. `response.end(body)` adds an empty second write, for
 * which Node.js 20 gathers the chunks in memory of their own and waits for the event loop to tell that they have left.
 *
 * @param bytes length of the body in UTF-8
 */
export function endWith(response: ServerResponse, body: string, bytes: number): void {
  const { socket } = response;
  // Plain characters are the same in both, and need no encoder.
  const encoding = bytes === body.length ? "latin1" : "utf8";
  if (socket === null) {
    // The connection has gone, or is still busy with an earlier answer.
    response.end(body, encoding);
    return;
  }
  socket.cork();
  response.write(body, encoding);
  socket.uncork();
  response.end();
}
