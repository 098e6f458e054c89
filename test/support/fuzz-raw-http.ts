import { connect, type Socket } from "node:net";

export interface RawConnection {
  readonly socket: Socket;
  /** Everything that has come back so far. */
  text(): string;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
}

/** A bare TCP connection, for what no HTTP client would send. */
export function rawConnection(url: string, options: { allowHalfOpen?: boolean } = {}): RawConnection {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ...options });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  // How a connection ends is what tests look at; that it was reset is one of the ways.
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return { socket, closed, text: () => Buffer.concat(chunks).toString("latin1") };
}

/** Sends the text and waits until the server has closed the connection; returns what came back. */
export async function rawExchange(url: string, text: string | Buffer): Promise<string> {
  const connection = rawConnection(url);
  connection.socket.write(text);
  await connection.closed;
  return connection.text();
}

/** Status, header lines and JSON body of an answer as it came over a bare connection. */
export function parseRawAnswer(text: string): { status: number; headers: string; body: unknown } {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]),
    headers: head.toLowerCase(),
    body: body === "" ? undefined : JSON.parse(body),
  };
}
