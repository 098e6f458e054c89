import { getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect, webSocketClient } from "../support/graphql-client.js";
import { type House, startHouse } from "../support/house.js";
import { transports } from "../support/transports.js";
import { until } from "../support/until.js";

const JOB = '{ trainingJob(jobId: "10") { jobName } }';

const repeated = (count: number, text: string) => Array.from({ length: count }, () => text).join(" ");
const deep = `{ trainingJobVersion(jobId: 10, versionId: 20) { ${repeated(11, "preVersion {")} status ${repeated(11, "}")} } }`;
const aliases = `{ ${Array.from({ length: 501 }, (_, n) => `a${n}: __typename`).join(" ")} }`;

const tooMuch = [
  { name: "depth", query: deep, maximum: 12, actual: 13 },
  {
    name: "cost",
    query: "{ trainingJobs(perPage: 500) { jobs { versions { versionId } } } }",
    maximum: 10_000,
    actual: 25_550.1,
  },
  { name: "tokens", query: `{ ${repeated(12_000, "a")} }`, maximum: 10_000, actual: 12_002 },
  { name: "aliases", query: aliases, maximum: 500, actual: 501 },
  { name: "directives", query: `{ __typename ${repeated(101, "@a")} }`, maximum: 100, actual: 101 },
];

describe.each(Object.entries(transports))("over %s", (_transport, firstError) => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(() => house[Symbol.asyncDispose]());

  it.each(tooMuch)(
    "an operation beyond the limit $name is refused, and the upstream sees nothing",
    async (limit) => {
      const { query, ...expected } = limit;
      const before = house.simulator.journal.entries().length;
      const error = await firstError(house, query);
      expect(error?.extensions).toEqual({
        code: "LIMIT_EXCEEDED",
        limit: expected,
        requestId: expect.any(String),
      });
      expect(house.simulator.journal.entries()).toHaveLength(before);
    },
  );

  it("the explorers' introspection query is let through", async () => {
    expect(await firstError(house, getIntrospectionQuery({ inputValueDeprecation: true }))).toBeUndefined();
  });
});

describe("the limits that are configured", () => {
  it("take the place of the defaults", async () => {
    await using house = await startHouse({ MAX_QUERY_DEPTH: "2", MAX_QUERY_COST: "60" });
    const first = async (query: string) => (await house.send(query)).body.errors?.[0]?.extensions.limit;
    expect(await first(JOB)).toBeUndefined();
    expect(await first("{ trainingJobs { jobs { jobId } } }")).toEqual({
      name: "depth",
      maximum: 2,
      actual: 3,
    });
    expect(await first(`{ a: engineSpecs { engineId } b: engineSpecs { engineId } }`)).toEqual({
      name: "cost",
      maximum: 60,
      actual: 100.2,
    });
  });
});

describe("the rate limit", () => {
  it("counts a credential's operations over all transports, and tells when to come back", async () => {
    await using house = await startHouse({ RATE_LIMIT_PER_MINUTE: "3" });
    for (const firstError of Object.values(transports)) expect(await firstError(house, JOB)).toBeUndefined();
    for (const firstError of Object.values(transports)) {
      expect((await firstError(house, JOB))?.extensions).toEqual({
        code: "RATE_LIMITED",
        retryAfterMs: expect.any(Number),
        requestId: expect.any(String),
      });
    }
    expect((await house.send(JOB)).status).toBe(429);
  });

  it("counts credentials apart, and callers without one by their address", async () => {
    await using house = await startHouse({ RATE_LIMIT_PER_MINUTE: "1" });
    const code = async (headers: Record<string, string>) =>
      (await house.send("{ __typename }", {}, headers)).body.errors?.[0]?.extensions.code;
    expect(await code({})).toBeUndefined();
    expect(await code({})).toBe("RATE_LIMITED");
    expect(await code({ "X-Auth-Token": house.simulator.secondToken })).toBeUndefined();
    expect(await code({ "X-Auth-Token": "" })).toBeUndefined();
    expect(await code({ "X-Auth-Token": "" })).toBe("RATE_LIMITED");
  });

  it("counts by address in service mode, believing trusted proxies alone", async () => {
    const service = {
      AUTH_MODE: "service",
      MODELARTS_TOKEN: "demo-token",
      MODELARTS_PROJECT_ID: "demo-project",
      RATE_LIMIT_PER_MINUTE: "1",
    };
    const codes = async (house: House) => {
      const seen = [];
      for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.1"]) {
        const { body } = await house.send("{ __typename }", {}, { "X-Forwarded-For": address });
        seen.push(body.errors?.[0]?.extensions.code);
      }
      return seen;
    };
    await using trusting = await startHouse({ ...service, TRUSTED_PROXIES: "127.0.0.1" });
    expect(await codes(trusting)).toEqual([undefined, undefined, "RATE_LIMITED"]);
    await using wary = await startHouse(service);
    expect(await codes(wary)).toEqual([undefined, "RATE_LIMITED", "RATE_LIMITED"]);
  });
});

describe("the metrics", () => {
  it("tell of operations by type and outcome, of calls upstream and of open sockets, and never of a caller", async () => {
    await using house = await startHouse();
    const metrics = async () => (await fetch(`${house.gateway.url}/metrics`)).text();
    await house.send(JOB);
    await house.send(deep);
    const client = webSocketClient(house.gateway.url, house.simulator.headers);
    const socket = collect(client, {
      query: 'subscription { trainingJobStatusChanged(jobId: "10") { status } }',
    });
    await until("the first event", () => socket.events.length > 0);
    const text = await metrics();
    expect(text).toContain('modelarts_gateway_operations_total{type="query",outcome="ok"} 1');
    expect(text).toMatch(/modelarts_gateway_operations_total\{type="query",outcome="LIMIT_EXCEEDED"\} 1/);
    expect(text).toMatch(
      /modelarts_gateway_upstream_attempts_total\{route="list_versions",outcome="success"\} \d/,
    );
    expect(text).toContain('modelarts_gateway_open_streams{transport="ws"} 1');
    expect(text).toContain("modelarts_gateway_watch_subscribers 1");
    expect(text).not.toContain(house.simulator.token);
    expect(text).not.toContain(house.simulator.projectId);
    socket.stop();
    await client.dispose();
    await until("the socket has gone", async () =>
      (await metrics()).includes('modelarts_gateway_open_streams{transport="ws"} 0'),
    );
  });
});
