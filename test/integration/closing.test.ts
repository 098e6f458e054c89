import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startHouse } from "../support/house.js";

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
  socket.write(`POST /graphql HTTP/1.1\r\n${head}\r\n${body.slice(0, 5)}`);
  await sleep(100);
  const closed = Promise.all([house.gateway.close(), once(socket, "close")]);
  socket.write(body.slice(5));
  await closed;
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(text).toMatch(/\r\nconnection: close\r\n/i);
});
