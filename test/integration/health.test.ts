import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { startGateway } from "../support/gateway.js";
import { post } from "../support/graphql-client.js";
import { startHouse } from "../support/house.js";
import { startRedis } from "../support/redis-server.js";
import { until } from "../support/until.js";
import { json, startUpstreamServer } from "../support/upstream-server.js";

async function ready(url: string) {
  const response = await fetch(`${url}/readyz`);
  return {
    status: response.status,
    body: (await response.json()) as { status: string; degraded: { dependency: string }[] },
  };
}

describe("health", () => {
  it("lives and is ready", async () => {
    await using house = await startHouse();
    expect((await fetch(`${house.gateway.url}/healthz`)).status).toBe(200);
    expect(await ready(house.gateway.url)).toEqual({ status: 200, body: { status: "ready", degraded: [] } });
  });

  it("names the upstream while it is away, and no longer than that", async () => {
    await using house = await startHouse({ UPSTREAM_BUDGET_MS: "100" });
    await house.simulator.suspend();
    await house.send('{ trainingJob(jobId: "10") { jobId } }');
    const degraded = await ready(house.gateway.url);
    expect(degraded.status).toBe(200);
    expect(degraded.body.degraded).toEqual([{ dependency: "upstream", reason: expect.any(String) }]);
    await house.simulator.resume();
    await until(
      "the upstream counts as back",
      async () => (await ready(house.gateway.url)).body.degraded.length === 0,
    );
  });

  it("answers before a probe of the upstream does, which can take longer than whoever asks waits", async () => {
    await using upstream = await startUpstreamServer(json({}, 503));
    await using gateway = await startGateway({
      MODELARTS_ENDPOINT: upstream.url,
      MODELARTS_PROJECT_ID: "project",
      UPSTREAM_BUDGET_MS: "100",
    });
    await post(gateway.url, { query: '{ trainingJob(jobId: "10") { jobId } }' }, { "x-auth-token": "token" });
    const probes: ServerResponse[] = [];
    upstream.script = (_request, response) => void probes.push(response);
    const { status, body } = await ready(gateway.url);
    expect(status).toBe(200);
    expect(body.degraded.map(({ dependency }) => dependency)).toEqual(["upstream"]);
    // It goes on, and what it finds shows.
    probes[0]?.end("{}");
    await until(
      "the upstream counts as back",
      async () => (await ready(gateway.url)).body.degraded.length === 0,
    );
    expect(probes).toHaveLength(1);
  });

  it("is not ready while a required dependency is away", async () => {
    await using house = await startHouse({ UPSTREAM_BUDGET_MS: "100", READY_REQUIRES: "upstream" });
    await house.simulator.suspend();
    await house.send('{ trainingJob(jobId: "10") { jobId } }');
    expect(await ready(house.gateway.url)).toMatchObject({ status: 503, body: { status: "unready" } });
  });

  it("names Redis while it is away, and goes on serving", async () => {
    await using redis = await startRedis();
    await using house = await startHouse({ REDIS_URL: redis.url });
    await redis.kill();
    await until(
      "Redis counts as away",
      async () => (await ready(house.gateway.url)).body.degraded[0]?.dependency === "redis",
    );
    const { body } = await house.send('{ trainingJob(jobId: "10") { jobName } }');
    expect(body).toEqual({ data: { trainingJob: { jobName: "TestModelArtsJob" } } });
    await redis.restart();
    await until(
      "Redis counts as back",
      async () => (await ready(house.gateway.url)).body.degraded.length === 0,
    );
  });

  it("tells in the metrics what is away", async () => {
    await using redis = await startRedis();
    await using house = await startHouse({ REDIS_URL: redis.url, UPSTREAM_BUDGET_MS: "100" });
    const up = async () => {
      const text = await (await fetch(`${house.gateway.url}/metrics`)).text();
      return [...text.matchAll(/^modelarts_gateway_dependency_up\{dependency="(\w+)"\} ([01])$/gm)]
        .map(([, dependency, value]) => `${dependency} ${value}`)
        .join();
    };
    expect(await up()).toBe("upstream 1,redis 1");
    await redis.kill();
    await until("Redis counts as away", async () => (await up()) === "upstream 1,redis 0");
    await house.simulator.suspend();
    await house.send('{ trainingJob(jobId: "10") { jobId } }');
    expect(await up()).toBe("upstream 0,redis 0");
    await Promise.all([redis.restart(), house.simulator.resume()]);
    await until("both are back", async () => {
      await ready(house.gateway.url);
      return (await up()) === "upstream 1,redis 1";
    });
  });

  it("shows metrics in the Prometheus text format", async () => {
    await using house = await startHouse();
    await house.send('{ trainingJob(jobId: "10") { jobName } }');
    const response = await fetch(`${house.gateway.url}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain");
    expect(await response.text()).toMatch(/^modelarts_gateway_/m);
  });
});
