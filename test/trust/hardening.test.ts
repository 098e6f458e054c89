import { getIntrospectionQuery } from "graphql";
import { describe, expect, it } from "vitest";
import { openEventStream } from "../support/event-stream.js";
import { collect, webSocketClient } from "../support/graphql-client.js";
import { type House, startHouse } from "../support/house.js";
import { transports } from "../support/transports.js";
import { until } from "../support/until.js";

const BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8";
const WATCH = 'subscription { trainingJobStatusChanged(jobId: "10") { status } }';

describe("in production", () => {
  it.each(Object.entries(transports))(
    "nothing of the schema is told over %s",
    async (_transport, firstError) => {
      await using house = await startHouse({ NODE_ENV: "production" });
      const introspection = await firstError(house, getIntrospectionQuery());
      expect(introspection?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
      for (const misspelt of [
        '{ trainingJobb(jobId: "10") { jobId } }',
        '{ trainingJob(jobIdd: "10") { jobId } }',
        "{ trainingJobs(sortBy: JOB_NAM) { quotas } }",
        "{ resourceSpecs { ... on ResourceSpek { specId } } }",
      ]) {
        const error = await firstError(house, misspelt);
        expect(error?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
        expect(error?.message).not.toContain("Did you mean");
      }
      const sorted = "query ($by: TrainingJobSortField!) { trainingJobs(sortBy: $by) { quotas } }";
      const error = await firstError(house, sorted, { by: "JOB_NAM" });
      expect(error?.message).toContain("JOB_NAM");
      expect(error?.message).not.toContain("Did you mean");
    },
  );

  it("there are no explorers", async () => {
    await using house = await startHouse({ NODE_ENV: "production" });
    expect((await fetch(`${house.gateway.url}/explorer`)).status).toBe(404);
    const page = await fetch(`${house.gateway.url}/graphql`, { headers: { accept: BROWSER } });
    expect(page.headers.get("content-type")).toContain("application/json");
  });

  it("EXPLORER=true brings introspection and the explorers back", async () => {
    await using house = await startHouse({ NODE_ENV: "production", EXPLORER: "true" });
    expect((await house.send("{ __schema { queryType { name } } }")).body.errors).toBeUndefined();
    const page = await fetch(`${house.gateway.url}/graphql`, { headers: { accept: BROWSER } });
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
  });
});

describe("every answer", () => {
  it.each([
    "/graphql?query=%7B__typename%7D",
    "/graphql/stream",
    "/healthz",
    "/readyz",
    "/metrics",
    "/nowhere",
  ])("carries the headers that keep browsers from misusing it: %s", async (path) => {
    await using house = await startHouse();
    const { headers } = await fetch(`${house.gateway.url}${path}`, {
      headers: { "apollo-require-preflight": "1", "x-request-id": "kept-1" },
    });
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get("x-request-id")).toBe("kept-1");
    expect(headers.get("x-powered-by")).toBeNull();
    expect(headers.get("server")).toBeNull();
  });
});

describe("without CORS_ORIGINS", () => {
  it.each(["/graphql", "/graphql/stream", "/healthz", "/readyz", "/metrics"])(
    "no page of another origin may read %s or ask for it with headers of its own",
    async (path) => {
      await using house = await startHouse();
      const url = `${house.gateway.url}${path}`;
      const origin = "https://app.example";
      const asked = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-auth-token",
      };
      for (const init of [{ headers: { origin } }, { method: "OPTIONS", headers: { origin, ...asked } }]) {
        const { headers } = await fetch(url, init);
        expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
      }
    },
  );
});

describe("subscriptions", () => {
  it.each([
    ["of one credential", { SUBSCRIPTIONS_PER_CREDENTIAL: "2" }],
    ["of the process", { SUBSCRIPTIONS_MAX: "2" }],
  ])("%s are limited over both streams together, with RATE_LIMITED", async (_whose, env) => {
    await using house = await startHouse(env);
    const client = webSocketClient(house.gateway.url, house.simulator.headers);
    const first = collect(client, { query: WATCH });
    const second = await openEventStream(house.gateway.url, { query: WATCH }, house.simulator.headers);
    await until("both are subscribed", () => first.events.length > 0 && second.events.length > 0);
    const third = collect(client, { query: WATCH });
    await until("the third is refused", () => third.errors.length > 0);
    expect(third.errors[0]).toMatchObject({
      extensions: { code: "RATE_LIMITED", requestId: expect.any(String), retryAfterMs: expect.any(Number) },
    });
    second.close();
    await until("there is room again", async () => {
      const retried = collect(client, { query: WATCH });
      await until("it is answered", () => retried.errors.length + retried.events.length > 0);
      return retried.events.length > 0;
    });
    await client.dispose();
  });
});

describe("an event stream by GET", () => {
  const url = (house: House) => `${house.gateway.url}/graphql/stream?query=%7B__typename%7D`;

  it.each([
    ["of a foreign page, by its origin", { origin: "https://evil.example" }, 403],
    ["of a foreign page that hides its origin", { "sec-fetch-site": "cross-site" }, 403],
    ["of a listed page", { origin: "https://app.example", "sec-fetch-site": "cross-site" }, 200],
    ["of the gateway's own page", { "sec-fetch-site": "same-origin" }, 200],
    ["of a program", {}, 200],
  ])("%s is answered with %j: %i", async (_who, headers, status) => {
    await using house = await startHouse({ CORS_ORIGINS: "https://app.example" });
    const response = await fetch(url(house), {
      headers: { ...house.simulator.headers, accept: "text/event-stream", ...headers } as Record<
        string,
        string
      >,
    });
    expect(response.status).toBe(status);
    const text = await response.text();
    if (status === 403) expect(text).toContain('"code":"BAD_REQUEST"');
  });
});
