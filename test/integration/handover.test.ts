import { randomUUID } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { startGateway } from "../support/gateway.js";
import { collect, webSocketClient } from "../support/graphql-client.js";
import { connectTestRedis } from "../support/redis.js";
import { STATUS, startSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";
import { type VersionStatusEvent, WATCH_VERSION } from "../support/version-status.js";

describe("A replica that shuts down", () => {
  it("gives its leases up, and what changes until its only client is back elsewhere is no gap", async () => {
    await using simulator = await startSimulator();
    const keyPrefix = `test:${randomUUID()}:`;
    const environment = {
      MODELARTS_ENDPOINT: simulator.url,
      REDIS_URL: inject("redisUrl"),
      REDIS_KEY_PREFIX: keyPrefix,
      STATUS_POLL_INTERVAL_MS: "20",
    };
    const here = await startGateway(environment);
    await using there = await startGateway(environment);
    const jobId = String(simulator.addJob().id);
    const versionId = String(simulator.addVersion(jobId, { status: STATUS.INIT }).id);
    const subscribe = (url: string, after?: string) =>
      collect<VersionStatusEvent>(webSocketClient(url, simulator.headers), {
        query: WATCH_VERSION,
        variables: { jobId, versionId, after },
      });

    const first = subscribe(here.url);
    await until("the first status is told", () => first.events.length === 1);
    await here.close();
    const redis = await connectTestRedis();
    const leases = await redis.commands.keys(`${keyPrefix}*:lease`);
    await redis.close();
    expect(leases).toEqual([]);
    simulator.setStatus(jobId, versionId, STATUS.RUNNING);
    const second = subscribe(there.url, first.events[0]?.cursor);
    await until("the change is told", () => second.events.length > 0);
    expect(second.events).toEqual([
      { cursor: expect.any(String), status: "RUNNING", previousStatus: "INIT", gap: false },
    ]);
  });
});
