import { createClient } from "graphql-sse";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventStreamRequest, openEventStream } from "../support/event-stream.js";
import { metricIn, metricsOf } from "../support/fuzz-gateway.js";
import { rawConnection } from "../support/fuzz-raw-http.js";
import { errorsOf } from "../support/graphql-client.js";
import { type House, startHouse } from "../support/house.js";
import { until } from "../support/until.js";

const JOB = { query: 'query { trainingJob(jobId: "10") { jobName } }' };

describe("GraphQL over Server-Sent Events", () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse();
  });
  afterAll(() => house[Symbol.asyncDispose]());

  it("answers a query with one next and complete, and ends", async () => {
    const stream = await openEventStream(house.gateway.url, JOB, house.simulator.headers);
    await stream.ended;
    expect(stream.status).toBe(200);
    expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(stream.headers.get("cache-control")).toBe("no-store");
    expect(stream.headers.get("x-request-id")).toBeTruthy();
    expect(stream.events).toEqual([
      { event: "next", data: { data: { trainingJob: { jobName: "TestModelArtsJob" } } } },
      { event: "complete", data: undefined },
    ]);
  });

  it("is understood by the graphql-sse client", async () => {
    const client = createClient({
      url: `${house.gateway.url}/graphql/stream`,
      headers: house.simulator.headers,
      retryAttempts: 0,
    });
    const results: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      client.subscribe(JOB, {
        next: (result) => void results.push(result),
        error: reject,
        complete: resolve,
      });
    });
    expect(results).toEqual([{ data: { trainingJob: { jobName: "TestModelArtsJob" } } }]);
    client.dispose();
  });

  it("answers a query by GET", async () => {
    const response = await fetch(
      `${house.gateway.url}/graphql/stream?query=${encodeURIComponent(JOB.query)}`,
      {
        headers: { ...house.simulator.headers, accept: "text/event-stream" },
      },
    );
    expect(await response.text()).toContain("TestModelArtsJob");
  });

  it.each([
    ["UNAUTHENTICATED", JOB.query, {}],
    ["GRAPHQL_VALIDATION_FAILED", "query { nothing }", {}],
    [
      "BAD_USER_INPUT",
      'subscription { trainingJobStatusChanged(jobId: "10", after: "nonsense") { status } }',
      undefined,
    ],
    ["NOT_FOUND", 'subscription { trainingJobStatusChanged(jobId: "987654321") { status } }', undefined],
  ])("delivers %s as next with errors, then completes", async (code, query, headers) => {
    const stream = await openEventStream(house.gateway.url, { query }, headers ?? house.simulator.headers);
    await stream.ended;
    expect(stream.events.map(({ event }) => event)).toEqual(["next", "complete"]);
    expect(stream.events[0]?.data).toMatchObject({
      errors: [{ extensions: { code, requestId: expect.any(String) } }],
    });
  });

  it("takes Accept in any case of letters", async () => {
    const headers = { ...house.simulator.headers, accept: "Text/Event-Stream" };
    const stream = await openEventStream(house.gateway.url, JOB, headers);
    await stream.ended;
    expect(stream.events.map(({ event }) => event)).toEqual(["next", "complete"]);
  });

  it("asks for Accept: text/event-stream", async () => {
    const response = await fetch(`${house.gateway.url}/graphql/stream`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(JOB),
    });
    expect(response.status).toBe(406);
    expect((await errorsOf(response))[0]?.extensions.code).toBe("BAD_REQUEST");
  });

  it.each([{}, { query: 7 }, { query: "{ a }", variables: "[]" }, { query: "{ a }", operationName: 7 }])(
    "refuses %j with 400",
    async (body) => {
      const response = await fetch(`${house.gateway.url}/graphql/stream`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(400);
      expect((await errorsOf(response))[0]?.extensions.code).toBe("BAD_REQUEST");
    },
  );

  it("refuses a mutation by GET with 405", async () => {
    const mutation = 'mutation { stopTrainingJobVersion(jobId: "10", versionId: "20") { jobId } }';
    const response = await fetch(
      `${house.gateway.url}/graphql/stream?query=${encodeURIComponent(mutation)}`,
      {
        headers: { ...house.simulator.headers, accept: "text/event-stream" },
      },
    );
    expect(response.status).toBe(405);
  });

  it("lets a subscription go that is queued behind another answer when their connection ends", async () => {
    const { gateway, simulator } = house;
    const slow = simulator.faults.add({ route: "listVersions", jobId: "12", kind: "hang" });
    const { socket } = rawConnection(gateway.url);
    const subscribers = async () => metricIn(await metricsOf(gateway), "modelarts_gateway_watch_subscribers");
    for (const query of [
      '{ trainingJob(jobId: "12") { jobName } }',
      'subscription { trainingJobStatusChanged(jobId: "10") { status } }',
    ])
      socket.write(eventStreamRequest(query, simulator.headers));
    await until("it is subscribed", async () => (await subscribers()) === 1);
    socket.destroy();
    await until("nobody is subscribed any more", async () => (await subscribers()) === 0);
    expect(metricIn(await metricsOf(gateway), "modelarts_gateway_open_streams")).toBe(0);
    slow.release();
  });

  it("lets a subscription go when its client goes", async () => {
    const query = 'subscription { trainingJobStatusChanged(jobId: "10") { status } }';
    const stream = await openEventStream(house.gateway.url, { query }, house.simulator.headers);
    await until("the first event has come", () => stream.events.length > 0);
    stream.close();
    await until("nobody is subscribed any more", async () => {
      const metrics = await (await fetch(`${house.gateway.url}/metrics`)).text();
      return /^modelarts_gateway_\S*subscribers\S* 0$/m.test(metrics);
    });
  });
});
