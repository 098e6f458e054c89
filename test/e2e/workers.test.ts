import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { metricIn, metricsOf } from "../support/fuzz-gateway.js";
import { type GatewayProcess, runGatewayToEnd, startGatewayProcess } from "../support/gateway-process.js";
import { collect, post, webSocketClient } from "../support/graphql-client.js";
import { startSimulator, type TestSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";

const JOB = "query ($jobId: ID!) { trainingJob(jobId: $jobId) { jobId } }";
const SUBSCRIBE = { query: 'subscription { trainingJobStatusChanged(jobId: "10") { status } }' };
const WORKERS = 2;

const isListening = ({ event }: Record<string, unknown>) => event === "listening";

function childrenOf({ child: { pid } }: GatewayProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

describe("WORKERS", () => {
  let simulator: TestSimulator;
  let gateway: GatewayProcess;
  const environment = () => ({
    MODELARTS_ENDPOINT: simulator.url,
    REDIS_URL: inject("redisUrl"),
    // A busy machine must not make Redis look away.
    REDIS_TIMEOUT_MS: "5000",
    REDIS_KEY_PREFIX: `test:${randomUUID()}:`,
    WORKERS: String(WORKERS),
  });
  beforeAll(async () => {
    simulator = await startSimulator();
    gateway = await startGatewayProcess(environment());
    await until("all workers listen", () => gateway.logs.filter(isListening).length === WORKERS);
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await simulator.close();
  });

  /** On a connection of its own, which goes to the next worker. */
  const ask = (jobId: string) =>
    post(gateway.url, { query: JOB, variables: { jobId } }, { ...simulator.headers, connection: "close" });

  it("serve one port", () => {
    expect(new Set(gateway.logs.filter(isListening).map(({ url }) => url)).size).toBe(1);
    expect(childrenOf(gateway)).toHaveLength(WORKERS);
  });

  const operations = async () => metricIn(await metricsOf(gateway), "modelarts_gateway_operations_total");

  it("ask the upstream once for all of them, and tell their metrics together", async () => {
    const jobId = String(simulator.addJob().id);
    const before = await operations();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(jobId)));
    expect(answers.map(({ body }) => body.data?.trainingJob.jobId)).toEqual(answers.map(() => jobId));
    expect(simulator.journal.entries({ jobId })).toHaveLength(1);
    expect(await operations()).toBe(before + 20);
  });

  /** Kills workers; resolves when others listen in their place. */
  async function killAndWait(victims: readonly number[]): Promise<void> {
    const listened = gateway.logs.filter(isListening).length;
    for (const victim of victims) process.kill(victim, "SIGKILL");
    await until("others have taken their place", () => {
      const listening = gateway.logs.filter(isListening).length;
      return listening === listened + victims.length && childrenOf(gateway).length === WORKERS;
    });
  }

  /** A connection to a worker that has just been killed may end without an answer. */
  async function metricsOnceAnswered(): Promise<string> {
    let text: string | undefined;
    await until("the metrics are answered", async () => {
      text = await metricsOf(gateway).catch(() => undefined);
      return text !== undefined;
    });
    return text ?? "";
  }

  it("are replaced on the same port when all of them end", async () => {
    await killAndWait(childrenOf(gateway));
    expect((await ask("14")).status).toBe(200);
  });

  it("are replaced when they end, while the others go on serving", async () => {
    const [victim = 0] = childrenOf(gateway);
    await killAndWait([victim]);
    expect(childrenOf(gateway)).not.toContain(victim);
    expect(gateway.logs).toContainEqual(
      expect.objectContaining({ event: "worker_ended", signal: "SIGKILL" }),
    );
    expect((await ask("14")).status).toBe(200);
  });

  it("count for themselves, so that what one has counted is not taken back when another one ends", async () => {
    await Promise.all(Array.from({ length: 10 }, () => ask("14")));
    const [victim = 0] = childrenOf(gateway);
    const label = /MODELARTS_GATEWAY_WORKER=(\d+)/.exec(readFileSync(`/proc/${victim}/environ`, "utf8"))?.[1];
    const others = async () =>
      (await metricsOnceAnswered())
        .split("\n")
        .filter(
          (line) =>
            line.startsWith("modelarts_gateway_operations_total") && !line.includes(`worker="${label}"`),
        );
    const before = await others();
    expect(before.length).toBeGreaterThan(0);
    const replaced = killAndWait([victim]);
    await until("it is gone", () => !childrenOf(gateway).includes(victim));
    expect(await others()).toEqual(before);
    await replaced;
    expect(await others()).toEqual(before);
  });

  it("end together on SIGTERM, sockets closed with 1001, with exit code 0", async () => {
    await using stopping = await startGatewayProcess(environment());
    const closes: number[] = [];
    const clients = Array.from({ length: 2 * WORKERS }, () =>
      webSocketClient(stopping.url, simulator.headers, { onClosed: ({ code }) => void closes.push(code) }),
    );
    const received = clients.map((client) => collect(client, SUBSCRIBE));
    await until("all are subscribed", () => received.every(({ events }) => events.length > 0));
    stopping.child.kill("SIGTERM");
    expect(await stopping.exited).toBe(0);
    expect(closes).toEqual(clients.map(() => 1001));
  });

  it("end with 0 on SIGTERM, too, while one of them is still starting", async () => {
    await using stopping = await startGatewayProcess(environment());
    await until("all workers listen", () => stopping.logs.filter(isListening).length === WORKERS);
    const [victim = 0] = childrenOf(stopping);
    process.kill(victim, "SIGKILL");
    await until("another one starts in its place", () => {
      const pids = childrenOf(stopping);
      return pids.length === WORKERS && !pids.includes(victim);
    });
    stopping.child.kill("SIGTERM");
    expect(await stopping.exited).toBe(0);
  });

  it("end with an error when none of them can start", async () => {
    const { port } = new URL(gateway.url);
    expect((await runGatewayToEnd({ ...environment(), PORT: port })).code).toBe(1);
  });

  it("need Redis", async () => {
    const { code, stderr } = await runGatewayToEnd({ MODELARTS_ENDPOINT: simulator.url, WORKERS: "2" });
    expect(code).toBe(2);
    expect(stderr).toContain("WORKERS is 2: more than one need Redis");
  });
});
