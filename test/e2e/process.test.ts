import { randomUUID } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { openEventStream } from "../support/event-stream.js";
import { redisContents } from "../support/fuzz-redis.js";
import { type GatewayProcess, runGatewayToEnd, startGatewayProcess } from "../support/gateway-process.js";
import { collect, post, webSocketClient } from "../support/graphql-client.js";
import { connectTestRedis } from "../support/redis.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { startSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";

const SUBSCRIBE = 'subscription { trainingJobStatusChanged(jobId: "10") { status } }';

describe.concurrent("the gateway's process", () => {
  it("lists everything that is wrong with its environment in one message and ends with 2", async () => {
    const { code, stderr } = await runGatewayToEnd({ PORT: "http", AUTH_MODE: "service", LOG_LEVEL: "loud" });
    expect(code).toBe(2);
    for (const name of ["PORT", "MODELARTS_ENDPOINT", "AUTH_MODE=service", "LOG_LEVEL"])
      expect(stderr).toContain(name);
  });

  it("says first that it is listening, with the URL and the port that it found", async () => {
    await using simulator = await startSimulator();
    await using gateway = await startGatewayProcess({ MODELARTS_ENDPOINT: simulator.url });
    expect(gateway.logs[0]).toMatchObject({
      msg: "listening",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/),
    });
  });

  it("answers the mutation in flight, closes sockets with 1001 and streams without complete, takes no connection, and then ends with 0 at once", async () => {
    await using simulator = await startSimulator();
    await using gateway = await startGatewayProcess({
      MODELARTS_ENDPOINT: simulator.url,
      // More than this test may take: clients that keep their connections open do not hold it up.
      SHUTDOWN_GRACE_MS: "60000",
    });
    const closes: number[] = [];
    const client = webSocketClient(gateway.url, simulator.headers, {
      onClosed: ({ code }) => void closes.push(code),
    });
    const overSocket = collect(client, { query: SUBSCRIBE });
    const overSse = await openEventStream(gateway.url, { query: SUBSCRIBE }, simulator.headers);
    await until("both are subscribed", () => overSocket.events.length > 0 && overSse.events.length > 0);
    const slow = simulator.faults.add({ route: "createVersion", kind: "hang", when: "after" });
    const mutation = post(
      gateway.url,
      { query: CREATE, variables: { input: sampleInput() } },
      simulator.headers,
    );
    await slow.reached(1);

    gateway.child.kill("SIGTERM");
    await until("the socket is closed", () => closes.length > 0);
    await overSse.ended;
    await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();
    slow.release();

    expect((await mutation).body.data.createTrainingJobVersion).toMatchObject({ status: "INIT" });
    expect(closes).toEqual([1001]);
    expect(overSocket.completed).toBe(false);
    expect(overSse.events.some(({ event }) => event === "complete")).toBe(false);
    expect(await gateway.exited).toBe(0);
    await client.dispose();
  });

  it("goes on serving for SHUTDOWN_DELAY_MS while it says that it is not ready", async () => {
    await using simulator = await startSimulator();
    await using gateway = await startGatewayProcess({
      MODELARTS_ENDPOINT: simulator.url,
      SHUTDOWN_DELAY_MS: "2000",
    });
    gateway.child.kill("SIGTERM");
    await until("it is not ready", async () => (await fetch(`${gateway.url}/readyz`)).status === 503);
    const { body } = await post(
      gateway.url,
      { query: '{ trainingJob(jobId: "10") { jobName } }' },
      simulator.headers,
    );
    expect(body.data.trainingJob.jobName).toBe("TestModelArtsJob");
    expect(await gateway.exited).toBe(0);
  });

  it("ends with 0 when SHUTDOWN_GRACE_MS is over, although a request has not been answered by then", async () => {
    await using simulator = await startSimulator();
    await using gateway = await startGatewayProcess({
      MODELARTS_ENDPOINT: simulator.url,
      SHUTDOWN_GRACE_MS: "200",
      UPSTREAM_TIMEOUT_MS: "60000",
    });
    const endless = simulator.faults.add({ route: "createVersion", kind: "hang" });
    const request = { query: CREATE, variables: { input: sampleInput() } };
    const mutation = post(gateway.url, request, simulator.headers);
    await endless.reached(1);
    gateway.child.kill("SIGTERM");
    await expect(mutation).rejects.toThrow();
    expect(await gateway.exited).toBe(0);
  });

  it("records a creation whose client has gone before it ends", async () => {
    await using simulator = await startSimulator();
    const redis = await connectTestRedis();
    await using gateway = await startGatewayProcess({
      MODELARTS_ENDPOINT: simulator.url,
      REDIS_URL: inject("redisUrl"),
      REDIS_KEY_PREFIX: redis.keyPrefix,
    });
    const slow = simulator.faults.add({ route: "createVersion", kind: "hang", when: "after" });
    const gone = new AbortController();
    const mutation = fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { ...simulator.headers, "content-type": "application/json" },
      body: JSON.stringify({
        query: CREATE,
        variables: { input: { ...sampleInput(), idempotencyKey: randomUUID() } },
      }),
      signal: gone.signal,
    });
    await slow.reached(1);
    gone.abort();
    await expect(mutation).rejects.toThrow();
    gateway.child.kill("SIGTERM");
    await until("it takes no connection", () =>
      fetch(gateway.url).then(
        () => false,
        () => true,
      ),
    );
    slow.release();
    expect(await gateway.exited).toBe(0);
    expect(await redisContents(redis)).toContain('\\"state\\":\\"done\\"');
    await redis.close();
  });

  it("gives a repeat the first result although the process that created the version has been killed", async () => {
    await using simulator = await startSimulator();
    const env = {
      MODELARTS_ENDPOINT: simulator.url,
      REDIS_URL: inject("redisUrl"),
      REDIS_KEY_PREFIX: `test:${randomUUID()}:`,
    };
    const input = { ...sampleInput(), idempotencyKey: randomUUID() };
    const create = async ({ url }: GatewayProcess) => {
      const { body } = await post(url, { query: CREATE, variables: { input } }, simulator.headers);
      return body.data.createTrainingJobVersion;
    };
    const first = await startGatewayProcess(env);
    const created = await create(first);
    await first[Symbol.asyncDispose]();
    await using second = await startGatewayProcess(env);
    expect(await create(second)).toEqual(created);
    expect(simulator.journal.count("createVersion")).toBe(1);
  });
});
