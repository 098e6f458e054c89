import { serverAudits } from "graphql-http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorsOf } from "../support/graphql-client.js";
import { type House, startHouse } from "../support/house.js";

const JOB = 'query { trainingJob(jobId: "10") { jobName } }';

describe("GraphQL over HTTP", () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse({ CORS_ORIGINS: "https://app.example", MAX_BODY_BYTES: "20000" });
  });
  afterAll(() => house[Symbol.asyncDispose]());

  function send(path: string, init: RequestInit = {}) {
    const headers = { ...house.simulator.headers, ...(init.headers as Record<string, string>) };
    return fetch(`${house.gateway.url}${path}`, { ...init, headers });
  }
  const postJson = (body: unknown, headers: Record<string, string> = {}) =>
    send("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  it.each([
    ["application/json", "application/json; charset=utf-8"],
    ["application/graphql-response+json", "application/graphql-response+json; charset=utf-8"],
  ])("answers in %s", async (accept, contentType) => {
    const response = await postJson({ query: JOB }, { accept });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(contentType);
    expect(await response.json()).toEqual({ data: { trainingJob: { jobName: "TestModelArtsJob" } } });
  });

  it("answers a query by GET, and is never cached by anybody on the way", async () => {
    const response = await send(`/graphql?query=${encodeURIComponent(JOB)}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it.each<[string, number, string, RequestInit]>([
    ["an answer", 200, "/graphql", { body: JSON.stringify({ query: JOB }) }],
    ["a body that is no JSON", 400, "/graphql", { body: "{" }],
    [
      "an answer about persisted queries",
      400,
      "/graphql",
      { body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: "0" } } }) },
    ],
    ["an empty body", 400, "/graphql", { body: "" }],
    ["a body with a poisoned key", 400, "/graphql", { body: '{"query":"{__typename}","__proto__":1}' }],
    ["a body that is too long", 413, "/graphql", { body: JSON.stringify({ query: " ".repeat(20_001) }) }],
    [
      "a body of another type",
      415,
      "/graphql",
      { headers: { "content-type": "application/graphql" }, body: JOB },
    ],
    ["an answer that is not acceptable", 406, "/graphql", { headers: { accept: "image/png" }, body: "{}" }],
    ["a stream that is not acceptable", 406, "/graphql/stream", { body: "{}" }],
    [
      "a stream without a query",
      400,
      "/graphql/stream",
      { headers: { accept: "text/event-stream" }, body: "{}" },
    ],
    ["the page for browsers", 200, "/graphql", { method: "GET", headers: { accept: "text/html" } }],
    ["a path that there is not", 404, "/nothing", { body: "{}" }],
    ["a path that does not decode", 400, "/%zz", { body: "{}" }],
  ])("lets nobody keep %s", async (_what, status, path, { headers, ...init }) => {
    const response = await send(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...(headers as Record<string, string>) },
      ...init,
    });
    expect(response.status).toBe(status);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("refuses a mutation by GET with 405", async () => {
    const mutation = 'mutation { stopTrainingJobVersion(jobId: "10", versionId: "20") { jobId } }';
    const response = await send(`/graphql?query=${encodeURIComponent(mutation)}`, {
      headers: { "apollo-require-preflight": "1" },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect(house.simulator.journal.count("stopVersion")).toBe(0);
  });

  it("refuses a request that a foreign page could send without being asked (CSRF)", async () => {
    const response = await fetch(`${house.gateway.url}/graphql?query=${encodeURIComponent(JOB)}`);
    expect(response.status).toBe(400);
    expect((await errorsOf(response))[0]?.extensions).toMatchObject({
      code: "BAD_REQUEST",
      requestId: expect.any(String),
    });
  });

  it("refuses an array of operations", async () => {
    const response = await postJson([{ query: JOB }]);
    expect(response.status).toBe(400);
    expect((await errorsOf(response))[0]?.extensions).toMatchObject({
      code: "BAD_REQUEST",
      requestId: expect.any(String),
    });
  });

  it.each([
    ["that is no JSON", "application/json", "{", 400],
    ["of another type", "application/xml", "<query/>", 415],
    ["that is too long", "application/json", JSON.stringify({ query: `# ${"x".repeat(20_000)}` }), 413],
  ])("refuses a body %s in the words of GraphQL", async (_name, contentType, body, status) => {
    const response = await send("/graphql", {
      method: "POST",
      headers: { "content-type": contentType },
      body,
    });
    expect(response.status).toBe(status);
    expect((await errorsOf(response))[0]?.extensions).toEqual({
      code: "BAD_REQUEST",
      requestId: response.headers.get("x-request-id"),
    });
  });

  it("tells where to go with a subscription", async () => {
    const response = await postJson({
      query: 'subscription { trainingJobStatusChanged(jobId: "10") { status } }',
    });
    const errors = await errorsOf(response);
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining("/graphql/stream"),
      extensions: { code: "BAD_REQUEST" },
    });
  });

  it.each([
    ["GRAPHQL_PARSE_FAILED", "query {"],
    ["GRAPHQL_VALIDATION_FAILED", "query { nothing }"],
    ["BAD_REQUEST", "query A { __typename } query B { __typename }"],
  ])("says %s with 400 in the new media type and 200 in the old one", async (code, query) => {
    const response = await postJson({ query }, { accept: "application/graphql-response+json" });
    expect(response.status).toBe(400);
    expect((await errorsOf(response))[0]?.extensions.code).toBe(code);
    expect((await postJson({ query }, { accept: "application/json" })).status).toBe(200);
  });

  it("keeps a good request id, makes one in place of a bad one, and shows it in every error", async () => {
    const kept = await postJson({ query: "{ nothing }" }, { "x-request-id": "a.b_c-1" });
    expect(kept.headers.get("x-request-id")).toBe("a.b_c-1");
    expect((await errorsOf(kept))[0]?.extensions.requestId).toBe("a.b_c-1");
    const made = await postJson({ query: "{ nothing }" }, { "x-request-id": "a b" });
    expect(made.headers.get("x-request-id")).toMatch(/^[\w-]{16}\.\d+$/);
  });

  it("answers a listed origin's preflight and lets it see the request id; no other origin's", async () => {
    const preflight = (origin: string) =>
      fetch(`${house.gateway.url}/graphql`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "x-auth-token",
        },
      });
    const allowed = await preflight("https://app.example");
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(allowed.headers.get("access-control-allow-headers")).toContain("x-auth-token");
    expect((await preflight("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
    const answer = await postJson({ query: JOB }, { origin: "https://app.example" });
    expect(answer.headers.get("access-control-expose-headers")).toContain("X-Request-Id");
  });

  it("answers introspection without a credential", async () => {
    const response = await fetch(`${house.gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ __schema { queryType { name } } }" }),
    });
    expect(await response.json()).toEqual({ data: { __schema: { queryType: { name: "Query" } } } });
  });

  it("answers a path that it does not have in the words of GraphQL", async () => {
    const response = await send("/nowhere");
    expect(response.status).toBe(404);
    expect((await errorsOf(response))[0]?.extensions.code).toBe("BAD_REQUEST");
  });

  describe("passes the graphql-http audit:", () => {
    const audits = serverAudits({
      url: () => `${house.gateway.url}/graphql`,
      // CSRF prevention stays on: it wants a header that no foreign page can send without a preflight.
      fetchFn: (url: string, init: RequestInit = {}) =>
        fetch(url, {
          ...init,
          headers: { "apollo-require-preflight": "1", ...(init.headers as Record<string, string>) },
        }),
    });
    it.each(audits.map((audit) => [audit.name, audit] as const))("%s", async (_name, audit) => {
      const result = await audit.fn();
      expect(
        result.status === "ok" ? "ok" : `${result.status}: ${"reason" in result ? result.reason : ""}`,
      ).toBe("ok");
    });
  });
});

describe("GraphQL over HTTP in production", () => {
  it("has no introspection and suggests no field names", async () => {
    await using house = await startHouse({ NODE_ENV: "production" });
    const introspection = await house.send("{ __schema { queryType { name } } }");
    expect(introspection.body.errors?.[0]?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
    const misspelt = await house.send('{ trainingJobb(jobId: "10") { jobId } }');
    expect(misspelt.body.errors?.[0]?.message).not.toContain("Did you mean");
  });
});
