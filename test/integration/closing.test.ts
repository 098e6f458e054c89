import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { openEventStream } from "../support/event-stream.js";
import { rawConnection } from "../support/fuzz-raw-http.js";
import { startHouse } from "../support/house.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { until } from "../support/until.js";

/**
 * Resolves when the gateway has read what was written to it before: it has answered who came later, and then once more, should it have
 * turned to that one first.
 */
async function untilRead(url: string): Promise<void> {
  await fetch(`${url}/healthz`);
  await fetch(`${url}/healthz`);
}

const KEPT = '{ trainingJob(jobId: "10") { jobName } }';
const EXECUTED = 'mutation { stopTrainingJobVersion(jobId: "10", versionId: "987654") { jobId } }';

it.each([
  ["an answer that is given again", KEPT],
  ["an operation whose document is known", EXECUTED],
])("ends the connection of a request that arrives while the gateway closes: %s", async (_what, query) => {
  await using house = await startHouse();
  for (let n = 0; n < 3; n += 1) await house.send(query);
  const body = JSON.stringify({ query, variables: {} });
  const fields = { host: "gateway", ...house.simulator.headers, "content-type": "application/json" };
  const lines = Object.entries({
    ...fields,
    "content-length": body.length,
    accept: "application/graphql-response+json",
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const socket = connect(Number(new URL(house.gateway.url).port), "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => (text += chunk));
  await once(socket, "connect");
  socket.write(`POST /graphql HTTP/1.1\r\n${head}\r\n${body.slice(0, 5)}`);
  await untilRead(house.gateway.url);
  const closed = Promise.all([house.gateway.close(), once(socket, "close")]);
  socket.write(body.slice(5));
  await closed;
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(text).toMatch(/\r\nconnection: close\r\n/i);
});

const SUBSCRIBE = 'subscription { trainingJobStatusChanged(jobId: "10") { status } }';
const fieldOf = (data: unknown) => Object.keys((data as { data?: object } | undefined)?.data ?? {});

it.each([
  ["query", "listVersions" as const, { query: KEPT }, "trainingJob"],
  [
    "mutation",
    "createVersion" as const,
    { query: CREATE, variables: { input: sampleInput() } },
    "createTrainingJobVersion",
  ],
])(
  "answers a %s over an event stream that is in flight when it closes",
  async (_what, route, request, field) => {
    await using house = await startHouse();
    const slow = house.simulator.faults.add({ route, kind: "hang", when: "after" });
    const stream = await openEventStream(house.gateway.url, request, house.simulator.headers);
    await slow.reached(1);
    const closed = house.gateway.close();
    slow.release();
    await Promise.all([closed, stream.ended]);
    expect(stream.events.map(({ event }) => event)).toEqual(["next", "complete"]);
    expect(fieldOf(stream.events[0]?.data)).toEqual([field]);
  },
);

it("ends a subscription over an event stream without complete, also one that comes while it closes", async () => {
  await using house = await startHouse();
  const { gateway, simulator } = house;
  const early = await openEventStream(gateway.url, { query: SUBSCRIBE }, simulator.headers);
  await until("it has begun", () => early.events.length > 0);
  const slow = simulator.faults.add({ route: "listVersions", jobId: "12", kind: "hang" });
  const query = await openEventStream(
    gateway.url,
    { query: '{ trainingJob(jobId: "12") { jobName } }' },
    simulator.headers,
  );
  await slow.reached(1);
  const body = JSON.stringify({ query: SUBSCRIBE });
  const late = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  let text = "";
  late.on("data", (chunk) => (text += chunk));
  const fields = Object.entries({ ...simulator.headers, host: "gateway", accept: "text/event-stream" });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await once(late, "connect");
  late.write(
    `POST /graphql/stream HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  await untilRead(gateway.url);
  const closed = gateway.close();
  await early.ended;
  late.write(body);
  await once(late, "close");
  slow.release();
  await Promise.all([closed, query.ended]);
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(`${text}${early.text()}`).not.toContain("complete");
  expect(query.events.map(({ event }) => event)).toEqual(["next", "complete"]);
});

it("lets a slow reader read an answer to its end that was whole when the gateway began to close", async () => {
  await using house = await startHouse();
  const { gateway, simulator } = house;
  const text = "x".repeat(20_000_000);
  const version = { is_success: true, job_id: 10, job_name: "a", version_id: 21, status: 10 };
  const answer = JSON.stringify({ ...version, model_metric_list: [text] });
  simulator.faults.add({ route: "getVersion", kind: "answer", body: answer });
  const query = '{ trainingJobVersion(jobId: "10", versionId: "21") { modelMetricList } }';
  const body = JSON.stringify({ query });
  const { socket, closed, text: read } = rawConnection(gateway.url);
  const fields = { ...simulator.headers, host: "gateway", "content-type": "application/json" };
  const head = Object.entries({ ...fields, "content-length": body.length }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.write(`POST /graphql HTTP/1.1\r\n${head.join("")}\r\n${body}`);
  await once(socket, "data");
  socket.pause();
  const gatewayClosed = gateway.close();
  await new Promise(setImmediate);
  socket.resume();
  await Promise.all([closed, gatewayClosed]);
  expect(read().length).toBeGreaterThan(text.length);
});

it("does not wait for a connection on which nothing is asked", async () => {
  await using house = await startHouse({ SHUTDOWN_GRACE_MS: "60000" });
  const { socket, closed } = rawConnection(house.gateway.url);
  await once(socket, "connect");
  await fetch(`${house.gateway.url}/healthz`);
  await house.gateway.close();
  await closed;
});

it("answers a request of which half of the head had come when it began to close", async () => {
  await using house = await startHouse();
  const { socket, closed, text } = rawConnection(house.gateway.url);
  await once(socket, "connect");
  socket.write("GET /healthz HTTP/1.1\r\nhost: gate");
  await untilRead(house.gateway.url);
  const gatewayClosed = house.gateway.close();
  await new Promise(setImmediate);
  socket.write("way\r\n\r\n");
  await Promise.all([closed, gatewayClosed]);
  expect(text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});
