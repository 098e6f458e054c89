import { connect, type Socket } from "node:net";
import { createResponseParser } from "./response-parser.js";

/** A keep-alive HTTP connection with one request on its way at a time. */
export interface Connection {
  /** Sends those bytes; resolves with the status and body of the answer. */
  exchange(request: Buffer, done: (status: number, body: Buffer) => void): void;
  close(): void;
}

/**
 * Opens one connection. There is no client in between: what the generator spends is what limits the load.
 *
 * @param failed called once when the connection breaks or the answer is no HTTP
 */
export async function openConnection(port: number, failed: (error: Error) => void): Promise<Connection> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opened = connect({ port, host: "127.0.0.1", noDelay: true });
    opened.once("error", reject);
    opened.once("connect", () => {
      opened.off("error", reject);
      resolve(opened);
    });
  });
  let waiting: ((status: number, body: Buffer) => void) | undefined;
  let closed = false;
  const fail = (error: Error) => {
    if (closed) return;
    closed = true;
    socket.destroy();
    failed(error);
  };
  const parser = createResponseParser((status, body) => {
    const done = waiting;
    waiting = undefined;
    if (done === undefined) fail(new Error("an answer that nobody asked for"));
    else done(status, body);
  });
  socket.on("data", (chunk: Buffer) => {
    try {
      parser.push(chunk);
    } catch (error) {
      fail(error as Error);
    }
  });
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the server closed the connection")));
  return {
    exchange(request, done) {
      waiting = done;
      socket.write(request);
    },
    close() {
      closed = true;
      socket.destroy();
    },
  };
}
