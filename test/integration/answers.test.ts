import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { metricIn, metricsOf } from "../support/fuzz-gateway.js";
import { parseRawAnswer, rawConnection, rawExchange } from "../support/fuzz-raw-http.js";
import { type GraphqlAnswer, type HeaderValues, post } from "../support/graphql-client.js";
import { type House, startHouse } from "../support/house.js";
import { STATUS } from "../support/simulator.js";
import { until } from "../support/until.js";

const VERSION =
  "query Version($jobId: ID!, $versionId: ID!) { trainingJobVersion(jobId: $jobId, versionId: $versionId) { status } }";

describe("A query that was answered before", () => {
  let house: House;
  let jobId: string;
  let versionId: string;
  beforeAll(async () => {
    house = await startHouse({ CORS_ORIGINS: "https://app.example" });
  });
  afterAll(() => house[Symbol.asyncDispose]());
  afterEach(() => house.simulator.faults.clear());

  const repeated = async () =>
    metricIn(await metricsOf(house.gateway), "modelarts_gateway_answers_repeated_total");

  /** A job of its own with one running version, and the query for it. */
  function newJob() {
    const jobName = `job-${randomUUID()}`;
    const job = house.simulator.addJob({ name: jobName });
    jobId = String(job.id);
    versionId = String(house.simulator.addVersion(job.id).id);
    house.simulator.setStatus(jobId, versionId, STATUS.RUNNING);
    return { jobId, jobName };
  }

  const ask = (headers: HeaderValues = {}) => house.send(VERSION, { jobId, versionId }, headers);

  /** Asks and tells whether the answer was one that was kept. */
  async function isRepeated(request: () => Promise<unknown> = ask): Promise<boolean> {
    const before = await repeated();
    await request();
    return (await repeated()) > before;
  }

  it("is answered alike, but for its request id and date", async () => {
    newJob();
    const first = await ask({ "X-Request-Id": "first", Origin: "https://app.example" });
    await ask({ Origin: "https://app.example" });
    let second: GraphqlAnswer | undefined;
    expect(
      await isRepeated(async () => {
        second = await ask({ "X-Request-Id": "second", Origin: "https://app.example" });
      }),
    ).toBe(true);
    expect(second?.body).toEqual(first.body);
    const without = ({ headers }: GraphqlAnswer) =>
      [...headers].filter(([name]) => name !== "x-request-id" && name !== "date");
    expect(second && without(second)).toEqual(without(first));
    expect(second?.headers.get("x-request-id")).toBe("second");
    expect(second?.headers.get("access-control-allow-origin")).toBe("https://app.example");
  });

  it("is kept when it is asked for again, not the first time", async () => {
    newJob();
    const repeats = [await isRepeated(), await isRepeated(), await isRepeated(), await isRepeated()];
    expect(repeats).toEqual([false, false, true, true]);
  });

  it("gets a request id of its own", async () => {
    newJob();
    await ask();
    await ask();
    const ids = [await ask(), await ask()].map(({ headers }) => headers.get("x-request-id"));
    expect(new Set(ids).size).toBe(2);
  });

  it.each([
    ["short", "Überraschung ✓"],
    ["long", "é".repeat(6_000)],
  ])("gets every character of a %s answer", async (_length, jobDesc) => {
    const { jobId: id } = newJob();
    house.simulator.faults.add({ jobId: id, kind: "patch", set: { job_desc: jobDesc } });
    const request = () => house.send("query ($id: ID!) { trainingJob(jobId: $id) { jobDesc } }", { id });
    expect((await request()).body.data.trainingJob.jobDesc).toBe(jobDesc);
    expect(await isRepeated(request)).toBe(false);
    expect(await isRepeated(request)).toBe(true);
    expect((await request()).body.data.trainingJob.jobDesc).toBe(jobDesc);
  });

  it("shows the effect of a mutation at once", async () => {
    newJob();
    await ask();
    await ask();
    expect(await isRepeated()).toBe(true);
    await house.send(
      "mutation ($jobId: ID!, $versionId: ID!) { stopTrainingJobVersion(jobId: $jobId, versionId: $versionId) { jobId } }",
      { jobId, versionId },
    );
    expect(await isRepeated()).toBe(false);
    expect((await ask()).body.data.trainingJobVersion.status).not.toBe("RUNNING");
  });

  it.each<[string, () => HeaderValues]>([
    ["another credential", () => ({ "X-Auth-Token": house.simulator.secondToken })],
    ["another media type", () => ({ Accept: "application/json" })],
    ["another origin", () => ({ Origin: "https://app.example" })],
  ])("is answered anew for %s", async (_what, headers) => {
    newJob();
    await ask();
    await ask();
    expect(await isRepeated(() => ask(headers()))).toBe(false);
    await ask(headers());
    expect(await isRepeated(() => ask(headers()))).toBe(true);
  });

  it.each([
    ["a content type", "content-type: application/jsonx", 415],
    ["an Accept", "content-type: application/json\r\naccept: undefined", 406],
  ])(
    "is refused with %s that its first answer would have been refused with",
    async (_what, fields, status) => {
      newJob();
      const body = JSON.stringify({ query: VERSION, variables: { jobId, versionId } });
      const own = Object.entries({
        ...house.simulator.headers,
        host: "gateway",
        "content-length": body.length,
      })
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("");
      const exchange = async (more: string) =>
        parseRawAnswer(
          await rawExchange(
            house.gateway.url,
            `POST /graphql HTTP/1.1\r\n${own}${more}\r\nconnection: close\r\n\r\n${body}`,
          ),
        ).status;
      expect(await exchange("content-type: application/json")).toBe(200);
      expect(await exchange(fields)).toBe(status);
    },
  );

  it("is refused in another project, and with a token that the upstream does not know", async () => {
    newJob();
    await ask();
    await ask();
    const { other } = house.simulator;
    const answers = [
      await ask({ "X-Project-Id": other.projectId }),
      await ask({ "X-Project-Id": other.projectId, "X-Auth-Token": other.token }),
      await ask({ "X-Auth-Token": "unknown" }),
    ];
    expect(
      answers.map(({ body }) => body.errors?.[0]?.extensions.code ?? body.data.trainingJobVersion),
    ).toEqual(["FORBIDDEN", null, "UNAUTHENTICATED"]);
  });

  it("is executed each time when it is a mutation", async () => {
    newJob();
    const stop = () =>
      house.send(
        `mutation ($jobId: ID!, $versionId: ID!) {
          stopTrainingJobVersion(jobId: $jobId, versionId: $versionId) { version { jobName } }
        }`,
        { jobId, versionId },
      );
    expect((await stop()).body.data.stopTrainingJobVersion.version.jobName).toBeTruthy();
    await stop();
    expect(house.simulator.journal.entries({ route: "stopVersion", jobId })).toHaveLength(2);
  });

  it.each<[string, string]>([
    [
      "a query with an error",
      "{ ok: trainingJobs { jobTotalCount } bad: trainingJobs(page: 0) { jobTotalCount } }",
    ],
    ["a query for what is not there", '{ trainingJobVersion(jobId: "987654", versionId: "1") { status } }'],
    ["a query that looks nothing up", "{ __typename }"],
    ["a document that is not valid", "{ nothing }"],
    ["longer than 16 KiB", `{ trainingJobs { jobTotalCount } } #${"x".repeat(16_384)}`],
  ])("is executed again when it is %s", async (_what, query) => {
    await house.send(query);
    await house.send(query);
    expect(await isRepeated(() => house.send(query))).toBe(false);
  });

  /** Asks which rules an input breaks whose engine does not exist. */
  async function brokenRules(): Promise<string[]> {
    const input = {
      jobId,
      config: {
        workerServerNum: 1,
        appUrl: "/usr/app/",
        bootFileUrl: "/usr/app/boot.py",
        dataUrl: "/usr/data/",
        specId: "1",
        engineId: "987654",
        trainUrl: "/usr/train/",
        preVersionId: versionId,
      },
    };
    const { body } = await house.send(
      "query ($input: CreateTrainingJobVersionInput!) { validateTrainingJobVersion(input: $input) { rule } }",
      { input },
    );
    return body.data.validateTrainingJobVersion.map(({ rule }: { rule: string }) => rule);
  }

  it("is executed again when it needed fresh answers, as a broken rule does", async () => {
    newJob();
    expect(await brokenRules()).toEqual(["engine-exists"]);
    await brokenRules();
    expect(await isRepeated(brokenRules)).toBe(false);
  });

  it("is executed again when a rule was skipped because ModelArts did not say what it needed", async () => {
    newJob();
    expect(await brokenRules()).toEqual(["engine-exists"]);
    const fault = house.simulator.faults.add({ route: "listEngines", kind: "answer", body: "{}" });
    for (let time = 0; time < 3; time++) expect(await brokenRules()).toEqual([]);
    fault.remove();
    expect(await brokenRules()).toEqual(["engine-exists"]);
  });

  it("counts among the operations", async () => {
    newJob();
    const name = 'modelarts_gateway_operations_total{type="query",outcome="ok"}';
    const operations = async () =>
      Number(
        (await metricsOf(house.gateway))
          .split("\n")
          .find((line) => line.startsWith(name))
          ?.split(" ")[1],
      );
    await ask();
    await ask();
    const before = await operations();
    const askedAt = performance.now();
    await ask();
    const elapsedMs = performance.now() - askedAt;
    expect(await operations()).toBe(before + 1);
    const logged = house.gateway.logs.at(-1);
    expect(logged).toMatchObject({ event: "operation", operationName: "Version", type: "query" });
    expect(Number(logged?.durationMs)).toBeLessThanOrEqual(Math.ceil(elapsedMs));
  });

  it("is answered whole when its body comes in pieces, and when other requests follow on the connection", async () => {
    newJob();
    await ask();
    await ask();
    const body = JSON.stringify({ query: VERSION, variables: { jobId, versionId } });
    const head = Object.entries({
      ...house.simulator.headers,
      host: "gateway",
      accept: "application/graphql-response+json",
      "content-type": "application/json",
      "content-length": String(body.length),
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = (connection: string) =>
      `POST /graphql HTTP/1.1\r\n${head.join("")}connection: ${connection}\r\n\r\n${body}`;
    const text = await rawExchange(
      house.gateway.url,
      request("keep-alive") + request("keep-alive") + request("close"),
    );
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(text.match(/"status":"RUNNING"/g)).toHaveLength(3);
  });
});

describe("A request whose body is still on its way when the shutdown begins", () => {
  it.each([
    ["a query that was answered before", 2],
    ["another query", 0],
  ])("is answered, and its connection closed: %s", async (_what, times) => {
    await using house = await startHouse();
    const body = JSON.stringify({ query: '{ trainingJob(jobId: "10") { jobName } }' });
    for (let time = 0; time < times; time++)
      await post(house.gateway.url, JSON.parse(body), house.simulator.headers);
    const connection = rawConnection(house.gateway.url);
    const fields = { ...house.simulator.headers, host: "gateway", expect: "100-continue" };
    const head = Object.entries({ ...fields, "content-type": "application/json" })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
    connection.socket.write(
      `POST /graphql HTTP/1.1\r\n${head}content-length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    );
    await until("the head has arrived", () => connection.text().startsWith("HTTP/1.1 100 Continue"));
    const closed = house.gateway.close();
    await expect(fetch(`${house.gateway.url}/healthz`)).rejects.toThrow();
    connection.socket.write(body.slice(10));
    await connection.closed;
    await closed;
    expect(connection.text()).toContain("HTTP/1.1 200 OK\r\n");
    expect(connection.text()).toMatch(/\r\nconnection: close\r\n/i);
    expect(connection.text()).toContain('{"data":{"trainingJob":{"jobName":"TestModelArtsJob"}}}');
  });
});

describe("RATE_LIMIT_PER_MINUTE", () => {
  it("counts the queries that are answered with a kept answer", async () => {
    await using house = await startHouse({ RATE_LIMIT_PER_MINUTE: "3" });
    const codes: unknown[] = [];
    for (let n = 0; n < 4; n += 1) {
      const { status, body } = await post(
        house.gateway.url,
        { query: '{ trainingJob(jobId: "10") { jobName } }' },
        house.simulator.headers,
      );
      codes.push(body.errors?.[0]?.extensions.code ?? status);
    }
    expect(codes).toEqual([200, 200, 200, "RATE_LIMITED"]);
  });
});
