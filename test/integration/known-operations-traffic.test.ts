import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { metricsOf } from "../support/fuzz-gateway.js";
import { post } from "../support/graphql-client.js";
import { type House, startHouse } from "../support/house.js";
import { KNOWN_TIMES, tell } from "../support/known-operation.js";
import { STATUS } from "../support/simulator.js";
import { until } from "../support/until.js";

const ENV = { CACHE_TTL_ACTIVE_MS: "0", CACHE_TTL_TERMINAL_MS: "0" };
const JOB = "query Job($id: ID!) { trainingJob(jobId: $id) { jobName } }";
const STOP = `mutation Stop($id: ID!, $version: ID!) {
  stopTrainingJobVersion(jobId: $id, versionId: $version) { versionId }
}`;
const STOPPED = { id: "10", version: "20" };

async function makeKnown({ send }: House, query: string, variables: Record<string, unknown>): Promise<void> {
  for (let n = 0; n <= KNOWN_TIMES; n += 1) await send(query, variables);
}

beforeAll(async () => {
  // Loaded beforehand, so that it is used from the first operation on that comes often enough.
  await import("graphql-jit");
});

describe("A known operation", () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse(ENV);
    await makeKnown(house, JOB, { id: "10" });
    await makeKnown(house, STOP, STOPPED);
  });
  afterAll(() => house[Symbol.asyncDispose]());

  /** How many operations of a type came to an outcome so far. */
  async function counted(type: string, outcome: string): Promise<number> {
    const name = `modelarts_gateway_operations_total{type="${type}",outcome="${outcome}"}`;
    const line = (await metricsOf(house.gateway)).split("\n").find((each) => each.startsWith(name));
    return Number(line?.split(" ")[1] ?? 0);
  }

  it("is told the request id that it came with, in its errors, too", async () => {
    const { headers, body } = await house.send(JOB, { id: "0" }, { "X-Request-Id": "my-own.id" });
    expect(headers.get("x-request-id")).toBe("my-own.id");
    expect(body.errors?.[0]?.extensions.requestId).toBe("my-own.id");
  });

  it("gets a request id of its own when it came with none, or with one that is none", async () => {
    const answers = [
      await house.send(JOB, { id: "0" }),
      await house.send(JOB, { id: "0" }, { "X-Request-Id": "not an id" }),
    ];
    const ids = answers.map(({ headers }) => headers.get("x-request-id"));
    expect(new Set([...ids, "not an id"]).size).toBe(3);
    expect(answers.map(({ body }) => body.errors?.[0]?.extensions.requestId)).toEqual(ids);
  });

  it("hands its request id and its caller's token to the upstream", async () => {
    house.simulator.journal.clear();
    await house.send(
      JOB,
      { id: "11" },
      { "X-Request-Id": "for-both", "X-Auth-Token": house.simulator.secondToken },
    );
    const [call] = house.simulator.journal.entries();
    expect(call?.headers).toMatchObject({ "x-auth-token": house.simulator.secondToken });
    expect(JSON.stringify(call?.headers)).toContain("for-both");
  });

  it.each<[string, string, string, Record<string, string>, string, Record<string, unknown>]>([
    ["a query", "query", JOB, { id: "10" }, "ok", { operationName: "Job" }],
    ["a query with an error", "query", JOB, { id: "0" }, "BAD_USER_INPUT", { codes: ["BAD_USER_INPUT"] }],
    ["a mutation", "mutation", STOP, STOPPED, "ok", { operationName: "Stop" }],
  ])("is logged and counted once: %s", async (what, type, query, variables, outcome, expected) => {
    house.simulator.setStatus("10", "20", STATUS.RUNNING);
    const requestId = what.replaceAll(" ", "-");
    const before = await counted(type, outcome);
    await house.send(query, variables, { "X-Request-Id": requestId });
    expect(await counted(type, outcome)).toBe(before + 1);
    const logged = house.gateway.logs.filter((line) => line.requestId === requestId);
    expect(logged.filter(({ event }) => event === "operation")).toEqual([
      expect.objectContaining({ type, transport: "http", requestId, ...expected }),
    ]);
  });

  it("has its upstream call cancelled when its client leaves, and is no defect", async () => {
    const slow = house.simulator.faults.add({ route: "listVersions", jobId: "12", kind: "hang" });
    const gone = new AbortController();
    const requestId = "left";
    const headers = { ...house.simulator.headers, "X-Request-Id": requestId };
    const answer = post(house.gateway.url, { query: JOB, variables: { id: "12" } }, headers, gone.signal);
    await slow.reached(1);
    gone.abort();
    await expect(answer).rejects.toThrow();
    await until("the call upstream is cancelled", () =>
      house.simulator.journal.entries({ jobId: "12" }).some(({ end }) => end === "aborted"),
    );
    slow.remove();
    const ended = await until("the operation has ended", () =>
      house.gateway.logs.find((line) => line.event === "operation" && line.requestId === requestId),
    );
    expect(ended).toMatchObject({ codes: ["BAD_REQUEST"] });
    expect(house.gateway.logs.filter(({ event }) => event === "defect")).toEqual([]);
  });
});

it("A known mutation that is under way when the shutdown begins is answered before it ends", async () => {
  await using house = await startHouse(ENV);
  await makeKnown(house, STOP, STOPPED);
  house.simulator.setStatus("10", "20", STATUS.RUNNING);
  const slow = house.simulator.faults.add({ route: "stopVersion", kind: "hang", when: "after" });
  const answer = house.send(STOP, STOPPED);
  await slow.reached(1);
  let isClosed = false;
  const closed = house.gateway.close().then(() => {
    isClosed = true;
  });
  await until("nobody is served any more", () =>
    fetch(`${house.gateway.url}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  expect(isClosed).toBe(false);
  slow.release();
  expect((await answer).body).toEqual({ data: { stopTrainingJobVersion: { versionId: "20" } } });
  await closed;
});

describe("RATE_LIMIT_PER_MINUTE", () => {
  const LIMIT = 7;

  it("counts each request for a known operation once, and refuses as it refuses a new one", async () => {
    await using house = await startHouse({ ...ENV, RATE_LIMIT_PER_MINUTE: String(LIMIT) });
    const ask = (query: string) => tell(house, { query, variables: { id: "0" } });
    const statuses: number[] = [];
    for (let n = 0; n < LIMIT + 2; n += 1) statuses.push((await ask(JOB)).status);
    expect(statuses).toEqual([...Array.from({ length: LIMIT }, () => 200), 429, 429]);
    const [known, unknown] = [await ask(JOB), await ask(`${JOB} # new`)];
    expect(known.status).toBe(429);
    expect(Number(known.headers["retry-after"])).toBeGreaterThan(0);
    // How long to wait differs by the time between the two.
    const timeless = ({ headers, errors, ...rest }: typeof known) => ({
      ...rest,
      headers: { ...headers, "retry-after": "", "content-length": "" },
      errors: errors?.map((error) => error.replaceAll(/\d+ ms|"retryAfterMs":\d+/g, "")),
      body: "",
    });
    expect(timeless(known)).toEqual(timeless(unknown));
    expect(known.errors?.[0]).toContain('"code":"RATE_LIMITED"');
  });

  it("counts known operations by credential", async () => {
    await using house = await startHouse({ ...ENV, RATE_LIMIT_PER_MINUTE: String(LIMIT) });
    for (let n = 0; n < LIMIT; n += 1) await house.send(JOB, { id: "0" });
    const other = { "X-Auth-Token": house.simulator.secondToken };
    const statuses = [await house.send(JOB, { id: "0" }, other), await house.send(JOB, { id: "0" })];
    expect(statuses.map(({ status }) => status)).toEqual([200, 429]);
  });
});

describe("A known operation whose answer is in the cache", () => {
  it("is executed for its own caller: one whom ModelArts refuses gets nothing", async () => {
    await using house = await startHouse({ CACHE_TTL_ACTIVE_MS: "60000" });
    await house.send(JOB, { id: "10" });
    expect((await house.send(JOB, { id: "11" })).body.errors).toBeUndefined();
    const { body } = await house.send(JOB, { id: "11" }, { "X-Auth-Token": "nobody" });
    expect(body.data).toEqual({ trainingJob: null });
    expect(body.errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
  });
});
