import { describe, expect, it } from "vitest";
import type { Json } from "../../simulator/json.js";
import { STATUS, startSimulator, type TestSimulator } from "../support/simulator.js";
import { call } from "./client.js";

const control = (simulator: TestSimulator, method: string, path: string, body?: Json) =>
  call(simulator, `//_control${path}`, { method, ...(body !== undefined && { body }) });

describe("the control interface over HTTP", () => {
  it("sets, shows and removes faults", async () => {
    await using simulator = await startSimulator();
    const fault = { kind: "throttled", route: "listJobs", retryAfter: 3, times: 1 };
    const { body } = await control(simulator, "POST", "/faults", fault);
    expect((await call(simulator, "/training-jobs")).status).toBe(429);
    expect((await call(simulator, "/training-jobs")).status).toBe(200);
    const shown = await control(simulator, "GET", `/faults/${body.id}`);
    expect(shown.body).toMatchObject({ hits: 1n, spec: { kind: "throttled", times: 1n } });
    expect((await control(simulator, "DELETE", `/faults/${body.id}`)).status).toBe(204);
    expect((await control(simulator, "GET", `/faults/${body.id}`)).status).toBe(404);
    await control(simulator, "POST", "/faults", { kind: "throttled" });
    await control(simulator, "DELETE", "/faults");
    expect((await call(simulator, "/training-jobs")).status).toBe(200);
  });

  it.each<[Json, string]>([
    [{ kind: "explosion" }, "kind must be one of latency, hang, reset"],
    [{}, "kind must be one of"],
    [{ kind: "latency" }, "ms is missing"],
    [{ kind: "reset", when: "never" }, "when must be one of before, after, mid-answer"],
    [{ kind: "reset", route: "nothing" }, "route must be one of listJobs"],
    [{ kind: "throttled", ms: 1 }, "a fault of kind throttled has no ms"],
    [{ kind: "error", status: 99 }, "status must be an HTTP status"],
  ])("says what is wrong with the fault %j", async (fault, message) => {
    await using simulator = await startSimulator();
    const { status, body } = await control(simulator, "POST", "/faults", fault);
    expect([status, body.error]).toEqual([400, expect.stringContaining(message)]);
    expect(simulator.faults.list()).toEqual([]);
  });

  it("advances the clock", async () => {
    await using simulator = await startSimulator();
    const before = simulator.clock.now();
    const { body } = await control(simulator, "POST", "/clock/advance", { ms: 1_500 });
    expect(body.now).toBe(BigInt(before + 1_500));
    expect((await control(simulator, "GET", "/clock")).body).toEqual(body);
    expect((await control(simulator, "POST", "/clock/advance", { ms: -1 })).status).toBe(400);
  });

  it("shows and empties the journal and the counts, and appears in neither", async () => {
    await using simulator = await startSimulator();
    await call(simulator, "/training-jobs");
    await call(simulator, "/job/ai-engines");
    const response = await fetch(`${simulator.url}/_control/journal?route=listJobs`);
    expect(await response.json()).toMatchObject([
      { route: "listJobs", method: "GET", end: "answered", body: "" },
    ]);
    expect((await control(simulator, "GET", "/counts")).body).toEqual({ listJobs: 1n, listEngines: 1n });
    await control(simulator, "DELETE", "/journal");
    expect((await control(simulator, "GET", "/counts")).body).toEqual({});
  });

  it("adds jobs and versions, sets a status, and drops them, with every digit of their ids", async () => {
    await using simulator = await startSimulator();
    const id = 9_007_199_254_740_995n;
    const base = "/projects/demo-project/jobs";
    await control(simulator, "POST", base, { id, name: "by-control" });
    const { body } = await control(simulator, "POST", `${base}/${id}/versions`, { id: id + 2n, status: 8 });
    expect(body).toEqual({ id: id + 2n, name: "V0001" });
    await control(simulator, "PUT", `${base}/${id}/versions/${id + 2n}/status`, { status: 14 });
    expect((await control(simulator, "GET", `${base}/${id}`)).body).toEqual({
      id,
      name: "by-control",
      desc: "",
      versions: [{ id: id + 2n, name: "V0001", status: 14n }],
    });
    await control(simulator, "DELETE", `${base}/${id}/versions/${id + 2n}`);
    expect((await control(simulator, "GET", `${base}/${id}`)).body.versions).toEqual([]);
    await control(simulator, "DELETE", `${base}/${id}`);
    expect((await control(simulator, "GET", `${base}/${id}`)).status).toBe(404);
  });

  it("adds a version that ends as told", async () => {
    await using simulator = await startSimulator();
    const path = "/projects/demo-project/jobs/10/versions";
    const { body } = await control(simulator, "POST", path, { outcome: "lost" });
    simulator.clock.advance(60_000);
    expect(simulator.statusOf(10, String(body.id))).toBe(STATUS.LOST);
    expect((await control(simulator, "POST", path, { outcome: "happy" })).body.error).toContain(
      "outcome must be",
    );
  });

  it("adds, revokes and expires tokens", async () => {
    await using simulator = await startSimulator();
    const listWith = async (token: string) =>
      (await call(simulator, "/training-jobs", { headers: { "X-Auth-Token": token } })).body.error_code;
    await control(simulator, "PUT", "/tokens/mine", { projectId: "demo-project", lifetimeMs: 1_000 });
    expect(await listWith("mine")).toBeUndefined();
    simulator.clock.advance(1_000);
    expect(await listWith("mine")).toBe("APIGW.0307");
    await control(simulator, "POST", "/tokens/demo-token/revoke");
    expect(await listWith("demo-token")).toBe("APIGW.0301");
    await control(simulator, "POST", "/tokens/demo-token-2/expire");
    expect(await listWith("demo-token-2")).toBe("APIGW.0307");
    expect((await control(simulator, "POST", "/tokens/unknown/expire")).status).toBe(400);
  });

  it("changes the wire's habits", async () => {
    await using simulator = await startSimulator();
    const status = async () => (await call(simulator, "/training-jobs/10/versions/20")).body.status;
    await control(simulator, "PUT", "/habits", { numbersAsStrings: true });
    expect(await status()).toBe("10");
    await control(simulator, "PUT", "/habits", '"clean"');
    expect(await status()).toBe(10n);
    const wrong = await control(simulator, "PUT", "/habits", { absent: "never" });
    expect([wrong.status, await status()]).toEqual([400, 10n]);
  });

  it("sets and lifts the throttle", async () => {
    await using simulator = await startSimulator();
    await control(simulator, "PUT", "/throttle", { calls: 0, windowMs: 1_000 });
    expect((await call(simulator, "/training-jobs")).status).toBe(429);
    await control(simulator, "DELETE", "/throttle");
    expect((await call(simulator, "/training-jobs")).status).toBe(200);
  });

  it("lists its commands to whoever mistypes one", async () => {
    await using simulator = await startSimulator();
    const { status, body } = await control(simulator, "GET", "/nothing");
    expect([status, body.error]).toEqual([404, expect.stringContaining("POST /clock/advance")]);
  });

  it("says what is wrong with a body that is no JSON", async () => {
    await using simulator = await startSimulator();
    const { status, body } = await control(simulator, "POST", "/faults", "{");
    expect([status, body.error]).toEqual([400, "JSON ends too early"]);
  });
});
