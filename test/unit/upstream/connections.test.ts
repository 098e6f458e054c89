import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect, it } from "vitest";
import { systemClock } from "../../../src/clock.js";
import { createTransport } from "../../../src/upstream/transport/transport.js";
import { collectGarbage } from "../../support/heap.js";
import { until } from "../../support/until.js";

const CONNECTED = "undici:client:connected";
const REQUESTS = 20;

it("keeps nothing in memory of connections that the upstream has closed", async () => {
  const server = createServer((_request, response) => response.setHeader("connection", "close").end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const sockets: WeakRef<Socket>[] = [];
  const note = (message: unknown) => void sockets.push(new WeakRef((message as { socket: Socket }).socket));
  subscribe(CONNECTED, note);
  const transport = createTransport({
    endpoint: `http://127.0.0.1:${port}`,
    connections: 1,
    connectTimeoutMs: 5_000,
    clock: systemClock,
  });
  const request = { method: "GET", path: "/", headers: {}, body: "" } as const;
  for (let n = 0; n < REQUESTS; n += 1) await transport.send(request, { timeoutMs: 5_000 });
  unsubscribe(CONNECTED, note);
  expect(sockets.length).toBe(REQUESTS);

  await until("all but the last ones are gone", () => {
    collectGarbage();
    return sockets.filter((socket) => socket.deref() !== undefined).length <= 2;
  });
  await transport.close();
  server.close();
});
