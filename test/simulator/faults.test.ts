import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSimulator, type TestSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";
import { call, sampleBody } from "./client.js";

const VERSIONS = "/training-jobs/10/versions";

describe("a fault", () => {
  let simulator: TestSimulator;
  beforeEach(async () => {
    simulator = await startSimulator({ habits: "clean" });
  });
  afterEach(() => simulator[Symbol.asyncDispose]());

  const versionCount = (): number => simulator.store.job(simulator.projectId, 10).versions.length;
  const create = () => call(simulator, VERSIONS, { method: "POST", body: sampleBody() });
  const fetchJobs = (signal?: AbortSignal) =>
    fetch(`${simulator.url}/v1/demo-project/training-jobs`, {
      headers: simulator.headers,
      ...(signal && { signal }),
    });

  /** The system's name for what broke a connection. */
  async function breakage(request: Promise<unknown>): Promise<unknown> {
    const error: unknown = await request.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof Error && "code" in cause ? cause.code : error;
  }

  it("strikes only the requests it is for", async () => {
    simulator.faults.add({ kind: "error", status: 503, route: "getVersion", versionId: "19" });
    const statusOf = async (path: string) =>
      (await fetch(`${simulator.url}/v1/demo-project${path}`, { headers: simulator.headers })).status;
    expect(await statusOf(`${VERSIONS}/19`)).toBe(503);
    expect(await statusOf(`${VERSIONS}/20`)).toBe(200);
    expect(await statusOf("/training-jobs")).toBe(200);
  });

  it("can be for one token alone", async () => {
    simulator.faults.add({ kind: "throttled", token: simulator.secondToken });
    expect((await call(simulator, "/training-jobs")).status).toBe(200);
    const headers = { "X-Auth-Token": simulator.secondToken };
    expect((await call(simulator, "/training-jobs", { headers })).status).toBe(429);
  });

  it("strikes as often as told, after as many as told", async () => {
    const fault = simulator.faults.add({ kind: "throttled", skip: 1, times: 2 });
    const statuses: number[] = [];
    for (let index = 0; index < 5; index += 1)
      statuses.push((await call(simulator, "/training-jobs")).status);
    expect(statuses).toEqual([200, 429, 429, 200, 200]);
    expect(fault.hits).toBe(2);
  });

  it("strikes with the given probability, the same requests in every run", async () => {
    const run = async () => {
      await using seeded = await startSimulator({ seed: 7 });
      seeded.faults.add({ kind: "throttled", probability: 0.5 });
      const statuses: number[] = [];
      for (let index = 0; index < 20; index += 1)
        statuses.push((await call(seeded, "/training-jobs")).status);
      return statuses;
    };
    const statuses = await run();
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(await run()).toEqual(statuses);
  });

  it("waits for its own request when another one decides this one", async () => {
    simulator.faults.once({ kind: "throttled" });
    simulator.faults.once({ kind: "error", status: 500, errorCode: "ModelArts.0010" });
    const statuses = [await call(simulator, "/training-jobs"), await call(simulator, "/training-jobs")];
    expect(statuses.map((answer) => answer.status)).toEqual([429, 500]);
  });

  it("ends when it is removed, and all end when they are cleared", async () => {
    const fault = simulator.faults.add({ kind: "throttled" });
    fault.remove();
    simulator.faults.add({ kind: "throttled" });
    simulator.faults.clear();
    expect((await call(simulator, "/training-jobs")).status).toBe(200);
  });

  it("throttled: 429 APIGW.0308 with Retry-After", async () => {
    simulator.faults.once({ kind: "throttled", retryAfter: 7 });
    const { status, headers, body } = await call(simulator, "/training-jobs");
    expect([status, headers.get("retry-after"), body.error_code]).toEqual([429, "7", "APIGW.0308"]);
    expect(body.error_msg).toEqual(expect.any(String));
  });

  it("error: with a code it is the service's answer, without one a proxy's page", async () => {
    simulator.faults.once({ kind: "error", status: 500, errorCode: "ModelArts.0010", message: "Boom." });
    const { status, body } = await call(simulator, "/training-jobs");
    expect([status, body]).toEqual([
      500,
      { is_success: false, error_code: "ModelArts.0010", error_message: "Boom." },
    ]);
    simulator.faults.once({ kind: "error", status: 502 });
    const page = await fetchJobs();
    expect([page.status, page.headers.get("content-type")]).toEqual([502, "text/html"]);
  });

  it("error: before the service does anything, or after it has", async () => {
    simulator.faults.once({ kind: "error", status: 500, errorCode: "ModelArts.0010" });
    expect((await create()).status).toBe(500);
    expect(versionCount()).toBe(3);
    simulator.faults.once({ kind: "error", status: 504, errorCode: "APIGW.0201", when: "after" });
    expect((await create()).status).toBe(504);
    expect(versionCount()).toBe(4);
  });

  it("reset: before the service does anything, or after it has", async () => {
    simulator.faults.once({ kind: "reset" });
    expect(await breakage(create())).toBe("ECONNRESET");
    expect(versionCount()).toBe(3);
    simulator.faults.once({ kind: "reset", when: "after" });
    expect(await breakage(create())).toBe("ECONNRESET");
    expect(versionCount()).toBe(4);
    expect(simulator.journal.entries().map((entry) => [entry.end, entry.processed])).toEqual([
      ["cut", false],
      ["cut", true],
    ]);
  });

  it("reset: after half of the answer", async () => {
    simulator.faults.once({ kind: "reset", when: "mid-answer" });
    const response = await fetchJobs();
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow("terminated");
  });

  it("latency: delays the answer, as long as the client waits", async () => {
    const fault = simulator.faults.add({ kind: "latency", ms: 3_600_000 });
    const leaving = new AbortController();
    const request = fetchJobs(leaving.signal);
    await fault.reached(1);
    expect(simulator.journal.entries().map((entry) => entry.end)).toEqual(["open"]);
    leaving.abort();
    await expect(request).rejects.toThrow("aborted");
  });

  it("latency: goes with other faults", async () => {
    simulator.faults.add({ kind: "latency", ms: 1 });
    simulator.faults.once({ kind: "throttled" });
    expect((await call(simulator, "/training-jobs")).status).toBe(429);
  });

  it("hang: holds a request until it is released", async () => {
    const fault = simulator.faults.add({ kind: "hang", route: "listJobs" });
    const answers: number[] = [];
    const request = call(simulator, "/training-jobs").then((answer) => answers.push(answer.status));
    await fault.reached(1);
    expect((await call(simulator, `${VERSIONS}/20`)).status).toBe(200);
    expect(answers).toEqual([]);
    fault.release();
    await request;
    expect(answers).toEqual([200]);
  });

  it("hang: after the service has done its work holds an answer from before later changes", async () => {
    const fault = simulator.faults.once({ kind: "hang", route: "listVersions", when: "after" });
    const held = call(simulator, `${VERSIONS}?page=0`);
    await fault.reached(1);
    await create();
    fault.release();
    expect((await held).body.version_count).toBe(3n);
  });

  it("hang: a client that gives up is noted as aborted, and nothing was done for it", async () => {
    const fault = simulator.faults.add({ kind: "hang" });
    const leaving = new AbortController();
    const request = fetchJobs(leaving.signal);
    await fault.reached(1);
    leaving.abort();
    await expect(request).rejects.toThrow("aborted");
    const [entry] = await until("the journal notes it", () => {
      const aborted = simulator.journal.entries({ end: "aborted" });
      return aborted.length > 0 && aborted;
    });
    expect(entry).toMatchObject({ status: undefined, processed: false });
  });

  it("garbage: an HTML page, half of the JSON, no JSON, nothing", async () => {
    const texts: string[] = [];
    for (const form of ["html", "truncated-json", "invalid-json", "empty"] as const) {
      simulator.faults.once({ kind: "garbage", form });
      const response = await fetchJobs();
      expect(response.status).toBe(200);
      texts.push(await response.text());
    }
    expect(texts[0]).toContain("<html>");
    expect(texts[1]).toMatch(/^\{"is_success":true/);
    for (const text of texts) expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it("failure-with-200: is_success false although the status is 200", async () => {
    simulator.faults.once({ kind: "failure-with-200", errorCode: "ModelArts.0107", message: "No." });
    const { status, body } = await create();
    expect([status, body]).toEqual([
      200,
      { is_success: false, error_code: "ModelArts.0107", error_message: "No." },
    ]);
    expect(versionCount()).toBe(3);
  });

  it("unauthorized-echo: 401 whose body holds the request's own credential", async () => {
    simulator.faults.once({ kind: "unauthorized-echo" });
    const { status, body } = await call(simulator, "/training-jobs?page=1");
    expect([status, body.error_code]).toEqual([401, "APIGW.0301"]);
    expect(body.error_msg).toContain("canonicalRequest:GET|/v1/demo-project/training-jobs/|page=1|");
    expect(body.error_msg).toContain(`x-auth-token:${simulator.token}`);
  });

  it("answer: exactly what a test wants", async () => {
    const headers = { "Content-Type": "text/plain", "X-Extra": "1" };
    simulator.faults.once({ kind: "answer", status: 418, headers, body: "teapot" });
    const response = await fetchJobs();
    expect([response.status, response.headers.get("x-extra"), await response.text()]).toEqual([
      418,
      "1",
      "teapot",
    ]);
  });

  it("patch: the real answer with fields replaced and left out", async () => {
    simulator.faults.once({
      kind: "patch",
      set: { status: "later", extra: 2n ** 63n - 1n },
      remove: ["job_name"],
    });
    const { body } = await create();
    expect(body).toMatchObject({
      is_success: true,
      version_id: 10_001n,
      status: "later",
      extra: 2n ** 63n - 1n,
    });
    expect("job_name" in body).toBe(false);
    expect(versionCount()).toBe(4);
  });

  it("says so when it is removed before it has struck", async () => {
    const fault = simulator.faults.add({ kind: "throttled" });
    const waiting = expect(fault.reached(2)).rejects.toThrow(
      "Removed before: the fault has struck 1 times, not 2",
    );
    await call(simulator, "/training-jobs");
    fault.remove();
    await waiting;
  });

  it("says so when it has not struck in time", async () => {
    const fault = simulator.faults.add({ kind: "throttled" });
    await expect(fault.reached(1, 5)).rejects.toThrow("the fault has struck 0 times, not 1");
  });
});

describe("a simulator that is away", () => {
  it("refuses connections until it is back on the same port, with everything it knew", async () => {
    await using simulator = await startSimulator();
    simulator.addJob({ id: 777 });
    await simulator.suspend();
    await expect(call(simulator, "/training-jobs")).rejects.toThrow("fetch failed");
    await simulator.resume();
    expect((await call(simulator, "/training-jobs/777/versions?page=0")).status).toBe(200);
  });

  it("cuts the requests that it was working on", async () => {
    await using simulator = await startSimulator();
    const fault = simulator.faults.add({ kind: "hang" });
    const request = call(simulator, "/training-jobs");
    const broken = expect(request).rejects.toThrow("fetch failed");
    await fault.reached(1);
    await simulator.suspend();
    await broken;
    expect(simulator.journal.entries().map((entry) => entry.end)).toEqual(["cut"]);
  });
});
