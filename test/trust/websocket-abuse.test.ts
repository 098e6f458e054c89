import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type House, startHouse } from "../support/house.js";
import { until } from "../support/until.js";

interface Message {
  id?: string;
  type: string;
  payload?: unknown;
}

/** A socket that has said who it is, and everything that it is told. */
async function openSocket(house: House) {
  const socket = new WebSocket(`${house.gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const messages: Message[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once("close", (code, reason) => resolve({ code, reason: String(reason) })),
  );
  await new Promise((resolve) => socket.once("open", resolve));
  const send = (message: object) => socket.send(JSON.stringify(message));
  send({ type: "connection_init", payload: house.simulator.headers });
  await until("it is acknowledged", () => messages.length > 0);
  return {
    socket,
    messages,
    closed,
    send,
    of: (id: string) => messages.filter((message) => message.id === id),
  };
}

const WATCH = { query: 'subscription { trainingJobStatusChanged(jobId: "10") { status } }' };

describe("a WebSocket", () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(() => house[Symbol.asyncDispose]());

  it("is ended when its client goes on sending without reading", async () => {
    const { socket, send } = await openSocket(house);
    socket.pause();
    const payload = { filler: "x".repeat(90_000) };
    await until("the connection is broken", async () => {
      for (let i = 0; i < 20; i += 1) send({ type: "ping", payload });
      const metrics = await (await fetch(`${house.gateway.url}/metrics`)).text();
      return /^modelarts_gateway_open_streams\{transport="ws"\} 0$/m.test(metrics);
    });
    socket.terminate();
  });

  it("is closed with 4409 when it uses an id twice, however long the id is", async () => {
    const { send, closed } = await openSocket(house);
    const id = "x".repeat(1_000);
    send({ id, type: "subscribe", payload: WATCH });
    send({ id, type: "subscribe", payload: WATCH });
    expect((await closed).code).toBe(4409);
    expect(house.gateway.logs.filter(({ event }) => event === "defect")).toEqual([]);
  });

  it("may use an id again at once, and each use is answered by the catalogue", async () => {
    const { socket, send, of } = await openSocket(house);
    for (let round = 0; round < 5; round += 1) {
      send({ id: "again", type: "subscribe", payload: { query: '{ trainingJob(jobId: "x") { jobId } }' } });
      send({ id: "again", type: "complete" });
    }
    send({ id: "again", type: "subscribe", payload: { query: '{ trainingJob(jobId: "0") { jobId } }' } });
    await until("the last one is answered", () => of("again").some(({ type }) => type === "complete"));
    for (const { payload } of of("again").filter(({ type }) => type === "next")) {
      expect(payload).toMatchObject({
        errors: [{ extensions: { code: "BAD_USER_INPUT", requestId: expect.any(String) } }],
      });
    }
    socket.close();
  });

  it("counts what was refused even when it was completed in the same breath", async () => {
    const { socket, send } = await openSocket(house);
    const refused = async () => {
      const text = await (await fetch(`${house.gateway.url}/metrics`)).text();
      const found = /operations_total\{type="invalid",outcome="GRAPHQL_PARSE_FAILED"\} (\d+)/.exec(text);
      return Number(found?.[1] ?? 0);
    };
    const before = await refused();
    send({ id: "1", type: "subscribe", payload: { query: "{" } });
    send({ id: "1", type: "complete" });
    await until("it is counted", async () => (await refused()) === before + 1);
    socket.close();
  });
});
