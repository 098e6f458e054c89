import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect, webSocketClient } from "../support/graphql-client.js";
import { type House, startHouse } from "../support/house.js";
import { rawSocket } from "../support/raw-websocket.js";
import { until } from "../support/until.js";

const JOB = { query: 'query { trainingJob(jobId: "10") { jobName } }' };

describe("GraphQL over WebSocket", () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse({ MAX_BODY_BYTES: "10000", CORS_ORIGINS: "https://app.example" });
  });
  afterAll(() => house[Symbol.asyncDispose]());

  it.each([
    ["as the headers are written", (h: House) => h.simulator.headers],
    [
      "in lower case",
      (h: House) => ({ "x-auth-token": h.simulator.token, "x-project-id": h.simulator.projectId }),
    ],
    [
      "in any case",
      (h: House) => ({ "X-AUTH-token": h.simulator.token, "x-PROJECT-id": h.simulator.projectId }),
    ],
  ])("takes credentials from connectionParams %s", async (_name, params) => {
    const client = webSocketClient(house.gateway.url, params(house));
    const answer = collect(client, JOB);
    await until("the query is answered", () => answer.completed);
    expect(answer.events).toEqual([{ jobName: "TestModelArtsJob" }]);
    await client.dispose();
  });

  it.each([
    ["an object", { id: "project" }],
    ["a truth value", true],
    ["a number that has lost digits", 2 ** 60],
  ])(
    "refuses a project in connectionParams that is %s, rather than take the default one",
    async (_what, project) => {
      const client = webSocketClient(house.gateway.url, {
        ...house.simulator.headers,
        "X-Project-Id": project,
      });
      const answer = collect(client, JOB);
      await until("the query is answered", () => answer.completed || answer.errors.length > 0);
      expect(answer.errors[0]).toMatchObject({
        extensions: { code: "BAD_USER_INPUT", violations: [{ path: ["X-Project-Id"] }] },
      });
      await client.dispose();
    },
  );

  it("takes a number in connectionParams for its digits", async () => {
    const client = webSocketClient(house.gateway.url, { ...house.simulator.headers, "X-Project-Id": 12_345 });
    const answer = collect(client, JOB);
    await until("the query is answered", () => answer.completed || answer.errors.length > 0);
    // Another project than the token's.
    expect(answer.errors[0]).toMatchObject({ extensions: { code: "FORBIDDEN" } });
    await client.dispose();
  });

  it("answers an operation without a credential with UNAUTHENTICATED and its request id", async () => {
    const client = webSocketClient(house.gateway.url);
    const answer = collect(client, JOB);
    await until("the query is answered", () => answer.completed);
    expect(answer.errors[0]).toMatchObject({
      extensions: { code: "UNAUTHENTICATED", requestId: expect.any(String) },
    });
    await client.dispose();
  });

  it.each([
    ["GRAPHQL_PARSE_FAILED", "query {"],
    ["GRAPHQL_VALIDATION_FAILED", "query { nothing }"],
  ])("says %s as an error message", async (code, query) => {
    const client = webSocketClient(house.gateway.url, house.simulator.headers);
    const answer = collect(client, { query });
    await until("the operation has failed", () => answer.errors.length > 0);
    expect(answer.errors[0]).toMatchObject({ extensions: { code, requestId: expect.any(String) } });
    await client.dispose();
  });

  it("refuses an upgrade from a foreign origin and takes one from a listed origin", async () => {
    await expect(
      rawSocket(house.gateway.url, undefined, { origin: "https://evil.example" }).opened,
    ).rejects.toThrow("403");
    const listed = rawSocket(house.gateway.url, undefined, { origin: "https://app.example" });
    await listed.opened;
    listed.socket.close();
  });

  it("closes with 4406 when its protocol is not asked for", async () => {
    expect(await rawSocket(house.gateway.url, []).closed).toBe(4406);
  });

  it("closes with 4401 when an operation comes before connection_init", async () => {
    const { socket, opened, closed } = rawSocket(house.gateway.url);
    await opened;
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: JOB }));
    expect(await closed).toBe(4401);
  });

  it("closes with 4408 when connection_init does not come within 5 s, and not before", async () => {
    const { opened, closed } = rawSocket(house.gateway.url);
    await opened;
    const openedAt = performance.now();
    expect(await closed).toBe(4408);
    // It has been open for the server a little longer than for its client.
    expect(performance.now() - openedAt).toBeGreaterThan(4_500);
  });

  it("closes with 4400 on a message that is none", async () => {
    const { socket, opened, closed } = rawSocket(house.gateway.url);
    await opened;
    socket.send("{");
    expect(await closed).toBe(4400);
  });

  it("closes with 4429 on a second connection_init", async () => {
    const { socket, opened, closed } = rawSocket(house.gateway.url);
    await opened;
    for (let i = 0; i < 2; i += 1) socket.send(JSON.stringify({ type: "connection_init" }));
    expect(await closed).toBe(4429);
  });

  it("bounds its messages like bodies", async () => {
    const { socket, opened, closed } = rawSocket(house.gateway.url);
    await opened;
    socket.send(JSON.stringify({ type: "connection_init", payload: { filler: "x".repeat(10_000) } }));
    expect(await closed).toBe(1009);
  });

  it("answers pings of the protocol", async () => {
    const { socket, messages, opened } = rawSocket(house.gateway.url);
    await opened;
    socket.send(JSON.stringify({ type: "ping" }));
    await until("the pong has come", () => messages.some((m) => JSON.stringify(m) === '{"type":"pong"}'));
    socket.close();
  });
});
