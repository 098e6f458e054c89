import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server on which its answers can be kept back. */
export interface Way extends AsyncDisposable {
  readonly port: number;
  /** What has been sent to the server, in the pieces in which it came. */
  readonly heard: readonly string[];
  /** From now on nothing that the server says gets through to whoever has sent that text. */
  silence(text: string): void;
  /** Ends the connections that are open. */
  cut(): void;
}

/** Opens a way to a port of 127.0.0.1. */
export async function openWay(to: number): Promise<Way> {
  const open = new Set<Socket>();
  const heard: string[] = [];
  let silencing: string | undefined;
  const server = createServer((client) => {
    const target = connect(to, "127.0.0.1");
    let isSilenced = false;
    client.on("data", (data) => {
      heard.push(data.toString("latin1"));
      if (silencing !== undefined && data.includes(silencing)) isSilenced = true;
      target.write(data);
    });
    target.on("data", (data) => {
      if (!isSilenced) client.write(data);
    });
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    silence: (text) => {
      silencing = text;
    },
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
