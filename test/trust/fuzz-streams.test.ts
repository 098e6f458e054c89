import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { clientSteps, type Step, withOddVariables } from "../support/fuzz-frames.js";
import { expectUnharmed, problemWith } from "../support/fuzz-gateway.js";
import { FUZZ_MS, fuzzRandom, mutateBytes, type Random } from "../support/fuzz-random.js";
import { rawConnection } from "../support/fuzz-raw-http.js";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.js";
import { startSimulator } from "../support/simulator.js";

const MAX_BYTES = 20_000;
const AT_ONCE = 8;
const CLOSE_CODES = new Set([1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 3000, 4999]);
const OPERATIONS = [
  '{ trainingJob(jobId: "10") { jobName } }',
  'subscription { trainingJobStatusChanged(jobId: "10") { status } }',
  'subscription { trainingJobStatusChanged(jobId: "987654321") { status } }',
  "{ nothing }",
] as const;

/** A protocol message of the gateway; what is wrong with it, if anything. */
function problemWithMessage(text: string): string | undefined {
  const { type, payload } = JSON.parse(text) as { type: string; payload?: unknown };
  if (type === "next") return problemWith(payload);
  if (type === "error") return problemWith({ errors: payload });
  return ["connection_ack", "ping", "pong", "complete"].includes(type) ? undefined : `a message ${type}`;
}

function take(socket: WebSocket, step: Step): void {
  switch (step.kind) {
    case "message": {
      const data = Buffer.from(step.data);
      const length = Math.ceil(data.length / step.fragments);
      for (let n = 0; n < step.fragments; n += 1) {
        const part = data.subarray(n * length, (n + 1) * length);
        socket.send(part, { binary: step.binary, fin: n === step.fragments - 1 });
      }
      return;
    }
    case "bytes":
      // The library has no way to send wrong frames.
      (socket as unknown as { _socket: { write(data: Buffer): void } })._socket.write(step.data);
      return;
    case "ping":
      socket.ping();
      return;
    case "close":
      socket.close(step.code, step.reason);
      return;
    case "cut":
      socket.terminate();
      return;
  }
}

/** One client from its connection to its end; what was wrong with what it was told. */
async function problemOfSocket(url: string, init: Record<string, string>, random: Random) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const problems: string[] = [];
  socket.on("message", (data) => {
    const problem = problemWithMessage(String(data));
    if (problem) problems.push(`${problem}: ${String(data).slice(0, 1_000)}`);
  });
  // Whatever breaks the connection ends in its close.
  socket.on("error", () => {});
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise((resolve) => socket.once("open", resolve).once("close", resolve));
  const steps = clientSteps(random, init, MAX_BYTES);
  for (const step of steps) {
    if (socket.readyState !== WebSocket.OPEN) break;
    take(socket, step);
    if (random.chance(0.3)) await sleep(random.int(20));
  }
  if (random.chance(0.5)) socket.close();
  else socket.terminate();
  const code = await closed;
  if (!CLOSE_CODES.has(code) && !(code >= 4400 && code <= 4429)) problems.push(`closed with ${code}`);
  return problems[0] && `${problems[0]}\n${JSON.stringify(steps).slice(0, 2_000)}`;
}

/** One request for an event stream over a bare connection, often wrong and left early. */
async function problemOfStream(url: string, init: Record<string, string>, random: Random) {
  const request = random.chance(0.2) ? withOddVariables(random) : { query: random.pick(OPERATIONS) };
  const body = Buffer.from(JSON.stringify(request));
  const sent = random.chance(0.2) ? mutateBytes(random, body) : body;
  const head = Object.entries({
    host: "gateway",
    accept: random.pick(["text/event-stream", "text/event-stream", "*/*"]),
    "content-type": random.chance(0.95) ? "application/json" : "text/plain",
    "content-length": String(sent.length),
    ...init,
  });
  const lines = head.map(([name, value]) => `${name}: ${value}`).join("\r\n");
  const connection = rawConnection(url);
  connection.socket.write(
    Buffer.concat([Buffer.from(`POST /graphql/stream HTTP/1.1\r\n${lines}\r\n\r\n`), sent]),
  );
  await sleep(random.int(60));
  connection.socket.resetAndDestroy();
  await connection.closed;
  const events = [...connection.text().matchAll(/^data: (\{.*\})$/gm)].map(([, data]) => data ?? "");
  const problems = events.map(
    (data) => problemWith(JSON.parse(data)) && `${problemWith(JSON.parse(data))}: ${data}`,
  );
  const isDefect = connection.text().startsWith("HTTP/1.1 5");
  return problems.find((problem) => problem) ?? (isDefect ? connection.text() : undefined);
}

async function fuzz(
  gateway: GatewayProcess,
  once: typeof problemOfSocket,
  random: Random,
  init: Record<string, string>,
) {
  const problems = new Map<string, string>();
  const end = performance.now() + FUZZ_MS;
  let clients = 0;
  async function many(mine: Random): Promise<void> {
    while (performance.now() < end) {
      const problem = await once(gateway.url, init, mine);
      clients += 1;
      if (problem) problems.set(problem.split(":", 1)[0] ?? "", problem);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, () => many(random.fork())));
  console.log(`${clients} clients`);
  expect([...problems.values()]).toEqual([]);
  await expectUnharmed(gateway);
}

describe.concurrent("clients of streams that send anything, in any order, and leave at any time", () => {
  it.each([
    ["WebSocket frames", problemOfSocket],
    ["event-stream requests", problemOfStream],
  ])(
    "are told errors of the catalogue alone, and leave nothing behind: %s",
    async (what, once) => {
      const random = fuzzRandom(what);
      await using simulator = await startSimulator({ clock: { mode: "real" }, timeScale: 20 });
      await using gateway = await startGatewayProcess({
        MODELARTS_ENDPOINT: simulator.url,
        MAX_BODY_BYTES: String(MAX_BYTES),
        STATUS_POLL_INTERVAL_MS: "20",
      });
      await fuzz(gateway, once, random, simulator.headers);
    },
    120_000,
  );
});
