import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.js";
import { loadConfig } from "../../src/config/index.js";
import type { Services } from "../../src/context.js";
import { createFastify, type Timing } from "../../src/http/fastify.js";
import { createFront } from "../../src/http/front/index.js";
import { createQueryLimits, createRateLimiter } from "../../src/http/limits/index.js";
import { createErrorPublisher } from "../../src/http/public-error.js";
import { createClientAddress } from "../../src/http/request-info.js";
import { createIdentity } from "../../src/identity.js";
import { buildGatewaySchema } from "../../src/schema.js";
import { parseRawAnswer, rawConnection, rawExchange } from "../support/fuzz-raw-http.js";
import { type House, startHouse } from "../support/house.js";
import { silentHttpEvents } from "../support/silent-events.js";

const JOB = '{ trainingJob(jobId: "10") { jobName } }';
const UPGRADE =
  "Host: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

describe("a request that is none", () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(() => house[Symbol.asyncDispose]());

  it.each(["//", "http://", "/%zz", "*", "/graphql%00"])(
    "to upgrade %s is refused, and the gateway lives on",
    async (path) => {
      const answer = await rawExchange(house.gateway.url, `GET ${path} HTTP/1.1\r\n${UPGRADE}\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect((await fetch(`${house.gateway.url}/healthz`)).status).toBe(200);
    },
  );

  it("to upgrade what it does not take gets no connection to hold open", async () => {
    const connection = rawConnection(house.gateway.url, { allowHalfOpen: true });
    connection.socket.write(`GET /nowhere HTTP/1.1\r\n${UPGRADE}\r\n`);
    await new Promise((resolve) => connection.socket.once("end", resolve));
    // The client goes on sending on its half; a server that has let go answers with a reset.
    const writing = setInterval(() => connection.socket.write("more"), 5);
    await connection.closed;
    clearInterval(writing);
    expect(connection.text()).toMatch(/^HTTP\/1\.1 404 /);
  });

  it.each([
    [
      "headers beyond 32 KiB",
      `GET /healthz HTTP/1.1\r\nHost: gateway\r\nX-Filler: ${"x".repeat(33_000)}\r\n\r\n`,
      431,
    ],
    ["no HTTP at all", "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n", 400],
    [
      "two lengths",
      "POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
      400,
    ],
    [
      "a length and chunks",
      "POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a path that does not decode", "GET /%zz HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n", 400],
    [
      "a body beyond the limit",
      `POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 999999\r\n\r\n{`,
      413,
    ],
  ])("with %s is answered in the words of GraphQL", async (_what, request, status) => {
    const answer = parseRawAnswer(await rawExchange(house.gateway.url, request));
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      errors: [
        {
          message: expect.any(String),
          extensions: { code: "BAD_REQUEST", requestId: expect.stringMatching(/^[\w-]{16}\.\d+$/) },
        },
      ],
    });
    expect(answer.headers).toContain("x-content-type-options: nosniff");
  });

  it("takes an IAM token of 12 kilobytes", async () => {
    const token = "x".repeat(12_000);
    house.simulator.tokens.add(token, house.simulator.projectId);
    const { body } = await house.send(JOB, {}, { "X-Auth-Token": token });
    expect(body).toEqual({ data: { trainingJob: { jobName: "TestModelArtsJob" } } });
  });
});

/** Without timing: as the product has it. */
function fastifyWith(timing?: Timing): FastifyInstance {
  const config = loadConfig({ MODELARTS_ENDPOINT: "http://127.0.0.1:1" });
  const log = pino({ level: "silent" });
  const publishError = createErrorPublisher({ log, hideSuggestions: false });
  const front = createFront({
    path: "/graphql",
    schema: buildGatewaySchema(),
    // Nothing is executed before something was learned.
    services: {} as Services,
    limits: createQueryLimits({ maxDepth: 8, maxCost: 1_000 }),
    identity: createIdentity(config.auth),
    clientAddress: createClientAddress([]),
    rateLimiter: createRateLimiter({ perMinute: 0, clock: systemClock, log }),
    publishError,
    recordOperation() {},
    events: silentHttpEvents,
    maxBodyBytes: config.http.maxBodyBytes,
    isClosing: () => false,
  });
  return createFastify({ config: config.http, publishError, front, ...(timing && { timing }) });
}

describe("a request that does not arrive", () => {
  it.each([
    ["without a byte", ""],
    ["with half of its headers", "POST /graphql HTTP/1.1\r\nHost: gate"],
    [
      "with half of its body",
      "POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ],
  ])("%s is refused in time, and its connection closed", async (_what, text) => {
    const app = fastifyWith({ requestTimeoutMs: 50, checkIntervalMs: 10 });
    app.post("/graphql", async () => "answered");
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    const answer = parseRawAnswer(await rawExchange(url, text));
    expect(answer.status).toBe(408);
    expect(answer.body).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
    await app.close();
  });

  it("is waited for half a minute", () => {
    const { server } = fastifyWith();
    expect(server.requestTimeout).toBe(30_000);
  });
});
