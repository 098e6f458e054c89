import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { metricIn, metricsOf } from "../support/fuzz-gateway.js";
import { type House, startHouse } from "../support/house.js";
import { rawSocket } from "../support/raw-websocket.js";
import { until } from "../support/until.js";

const TYPENAME = { query: "{ __typename }" };
const STATUSES = { query: 'subscription { trainingJobStatusChanged(jobId: "10") { status } }' };

describe("an operation's id over WebSocket", () => {
  let house: House;
  let client: ReturnType<typeof rawSocket>;
  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(() => house[Symbol.asyncDispose]());

  beforeEach(async () => {
    client = rawSocket(house.gateway.url);
    await client.opened;
    client.send({ type: "connection_init", payload: house.simulator.headers });
    await until("the connection is acknowledged", () => client.messages.length === 1);
    return () => client.socket.terminate();
  });

  const subscribers = async () =>
    metricIn(await metricsOf(house.gateway), "modelarts_gateway_watch_subscribers");

  it("can be used again while its last, completed use is still being answered", async () => {
    const query = '{ trainingJobVersion(jobId: "14", versionId: "301") { versionName } }';
    const hang = house.simulator.faults.once({ jobId: "14", kind: "hang" });
    client.send({ id: "1", type: "subscribe", payload: { query } });
    await house.simulator.untilRequested({ jobId: "14" });
    client.send({ id: "1", type: "complete" });
    client.send({ id: "1", type: "subscribe", payload: STATUSES });
    client.send({ id: "2", type: "subscribe", payload: { query } });
    await until("the second use has its first event", () => client.messages.some(({ id }) => id === "1"));
    hang.release();
    await until("the query is answered", () =>
      client.messages.some(({ id, type }) => id === "2" && type === "complete"),
    );
    const toldToFirst = client.messages.filter(({ id }) => id === "1");
    expect(toldToFirst).toEqual(
      toldToFirst.map(() => ({
        id: "1",
        type: "next",
        payload: { data: { trainingJobStatusChanged: expect.anything() } },
      })),
    );
  });

  it("tells each use apart, so that all subscriptions end with their socket", async () => {
    for (let use = 0; use < 5; use += 1) {
      client.send({ id: "1", type: "subscribe", payload: STATUSES });
      if (use < 4) client.send({ id: "1", type: "complete" });
    }
    await until("the last use has its first event", () =>
      client.messages.some(({ type }) => type === "next"),
    );
    client.socket.close();
    await until("no subscriber is left", async () => (await subscribers()) === 0);
  });

  it("closes with 4409 when it is in use", async () => {
    client.send({ id: "é", type: "subscribe", payload: STATUSES });
    client.send({ id: "é", type: "subscribe", payload: TYPENAME });
    const [code, reason] = await new Promise<[number, string]>((resolve) =>
      client.socket.once("close", (...args) => resolve([args[0], String(args[1])])),
    );
    expect([code, reason]).toEqual([4409, "Subscriber for é already exists"]);
  });

  it("is free again after an operation that was refused", async () => {
    client.send({ id: "1", type: "subscribe", payload: { query: "{ nothing }" } });
    await until("it is refused", () => client.messages.at(-1)?.type === "error");
    client.send({ id: "1", type: "subscribe", payload: TYPENAME });
    await until("the next one is answered", () => client.messages.at(-1)?.type === "complete");
    expect(client.messages.map(({ id, type }) => [id, type])).toEqual([
      [undefined, "connection_ack"],
      ["1", "error"],
      ["1", "next"],
      ["1", "complete"],
    ]);
  });
});
