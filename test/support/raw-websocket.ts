import { WebSocket } from "ws";

export interface RawMessage {
  type: string;
  id?: string;
  payload?: unknown;
}

/** A bare socket of the gateway's protocol, for what no client library would do. */
export function rawSocket(
  url: string,
  protocol: string | string[] = "graphql-transport-ws",
  headers: Record<string, string> = {},
) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, protocol, { headers });
  const messages: RawMessage[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  const opened = new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return {
    socket,
    messages,
    closed,
    opened,
    send: (message: RawMessage) => socket.send(JSON.stringify(message)),
  };
}
