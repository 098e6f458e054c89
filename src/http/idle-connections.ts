import type { Server } from "node:http";
import type { Socket } from "node:net";

interface Connection {
  /** Answers that are not written yet. */
  open: number;
  /** Bytes that had been read when the latest answer was written: more are the beginning of another request. */
  readUntil: number;
}

/**
 * While the server closes, lets each connection go when its last answer is written. Node's own way of closing idle connections would
 * cut those whose answer has ended and is still on its way to a slow reader, and keep those on which nothing was ever asked.
 */
export function closeIdleConnections(server: Server, isClosing: () => boolean): void {
  const connections = new Map<Socket, Connection>();

  function closeIdle(): void {
    for (const [socket, { open, readUntil }] of connections) {
      if (open === 0 && socket.writableLength === 0 && socket.bytesRead === readUntil) socket.destroy();
    }
  }

  server.on("connection", (socket) => {
    connections.set(socket, { open: 0, readUntil: 0 });
    socket.once("close", () => connections.delete(socket));
  });
  server.on("upgrade", (_request, socket: Socket) => connections.delete(socket));
  server.on("request", ({ socket }, response) => {
    const connection = connections.get(socket);
    if (connection === undefined) return;
    connection.open += 1;
    response.on("close", () => {
      connection.open -= 1;
      connection.readUntil = socket.bytesRead;
      if (isClosing()) setImmediate(closeIdle);
    });
  });
  // Closing the server calls it.
  server.closeIdleConnections = closeIdle;
}
