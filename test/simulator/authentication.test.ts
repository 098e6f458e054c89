import { describe, expect, it } from "vitest";
import { startSimulator } from "../support/simulator.js";
import { call } from "./client.js";

const HOUR_MS = 60 * 60 * 1_000;

describe("a token", () => {
  it("opens its own project, and so does a second one", async () => {
    await using simulator = await startSimulator();
    for (const token of [simulator.token, simulator.secondToken]) {
      const answer = await call(simulator, "/training-jobs", { headers: { "X-Auth-Token": token } });
      expect([answer.status, answer.body.is_success]).toEqual([200, true]);
    }
  });

  it.each(["other-token", "demo-token"])("does not open a project that is not its own: %s", async (token) => {
    await using simulator = await startSimulator();
    const path = `//v1/${token === "demo-token" ? "other" : "demo"}-project/training-jobs`;
    const answer = await call(simulator, path, { headers: { "X-Auth-Token": token } });
    expect([answer.status, answer.body.error_code]).toEqual([403, "ModelArts.0210"]);
  });

  it("does not open a project that does not exist", async () => {
    await using simulator = await startSimulator();
    const answer = await call(simulator, "//v1/nowhere/training-jobs");
    expect([answer.status, answer.body.error_code]).toEqual([403, "ModelArts.0210"]);
  });

  it("shows each tenant its own jobs under the same ids", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { projectId, token } = simulator.other;
    const mine = await call(simulator, "/training-jobs/10/versions/20");
    const theirs = await call(simulator, `//v1/${projectId}/training-jobs/10/versions/20`, {
      headers: { "X-Auth-Token": token },
    });
    expect([mine.body.job_name, theirs.body.job_name]).toEqual([
      "TestModelArtsJob",
      "other-TestModelArtsJob",
    ]);
  });

  it("that is missing is answered with 401 APIGW.0301, error_msg and X-Request-Id", async () => {
    await using simulator = await startSimulator();
    const response = await fetch(`${simulator.url}/v1/demo-project/training-jobs`);
    const body = await response.json();
    expect(response.status).toBe(401);
    expect(body).toEqual({
      error_code: "APIGW.0301",
      error_msg: expect.stringContaining("X-Auth-Token"),
      request_id: response.headers.get("x-request-id"),
    });
  });

  it("that nobody gave out is answered with 403 ModelArts.0203", async () => {
    await using simulator = await startSimulator();
    const answer = await call(simulator, "/training-jobs", { headers: { "X-Auth-Token": "made-up" } });
    expect([answer.status, answer.body.error_code]).toEqual([403, "ModelArts.0203"]);
  });

  it("that carries no project is answered with 400 ModelArts.0204", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const headers = { "X-Auth-Token": "token-without-project" };
    const answer = await call(simulator, "/training-jobs", { headers });
    expect([answer.status, answer.body.error_code]).toEqual([400, "ModelArts.0204"]);
  });

  it("that was revoked is answered with 401 APIGW.0301, and others go on", async () => {
    await using simulator = await startSimulator();
    simulator.tokens.revoke(simulator.token);
    const answer = await call(simulator, "/training-jobs");
    expect([answer.status, answer.body.error_code]).toEqual([401, "APIGW.0301"]);
    const headers = { "X-Auth-Token": simulator.secondToken };
    expect((await call(simulator, "/training-jobs", { headers })).status).toBe(200);
  });

  it("expires 24 hours after IAM gave it out, with 401 APIGW.0307", async () => {
    await using simulator = await startSimulator();
    const { token } = simulator.tokens.issue(simulator.projectId);
    const headers = { "X-Auth-Token": token };
    simulator.clock.advance(24 * HOUR_MS - 1);
    expect((await call(simulator, "/training-jobs", { headers })).status).toBe(200);
    simulator.clock.advance(1);
    const answer = await call(simulator, "/training-jobs", { headers });
    expect([answer.status, answer.body.error_code]).toEqual([401, "APIGW.0307"]);
  });

  it("can be made to expire", async () => {
    await using simulator = await startSimulator();
    simulator.tokens.expire(simulator.token);
    expect((await call(simulator, "/training-jobs")).body.error_code).toBe("APIGW.0307");
  });
});

describe("IAM", () => {
  const login = (user: object, scope?: object) => ({
    auth: {
      identity: {
        methods: ["password"],
        password: {
          user: { name: "demo-user", password: "demo-password", domain: { name: "demo-domain" }, ...user },
        },
      },
      ...(scope && { scope }),
    },
  });

  async function ask(url: string, body: object) {
    const response = await fetch(`${url}/v3/auth/tokens`, { method: "POST", body: JSON.stringify(body) });
    const json = (await response.json()) as { token?: { expires_at: string; project?: { id: string } } };
    return { status: response.status, token: response.headers.get("x-subject-token"), json };
  }

  it("gives out a token for a project that works for 24 hours", async () => {
    await using simulator = await startSimulator();
    const answer = await ask(simulator.url, login({}, { project: { name: "demo-project" } }));
    expect(answer.status).toBe(201);
    expect(answer.json.token?.project?.id).toBe("demo-project");
    expect(Date.parse(answer.json.token?.expires_at ?? "")).toBe(simulator.clock.now() + 24 * HOUR_MS);
    const headers = { "X-Auth-Token": answer.token ?? "" };
    expect((await call(simulator, "/training-jobs", { headers })).status).toBe(200);
  });

  it("gives out a token without a project when none is named", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const { token } = await ask(simulator.url, login({}));
    const answer = await call(simulator, "/training-jobs", { headers: { "X-Auth-Token": token ?? "" } });
    expect(answer.body.error_code).toBe("ModelArts.0204");
  });

  it("refuses a wrong password with 401", async () => {
    await using simulator = await startSimulator();
    const answer = await ask(simulator.url, login({ password: "wrong" }));
    expect([answer.status, answer.token]).toEqual([401, null]);
    expect(answer.json).toEqual({
      error: { code: 401, message: "The username or password is wrong.", title: "Unauthorized" },
    });
  });

  it("refuses a project that is not the user's, and a request without a password", async () => {
    await using simulator = await startSimulator();
    expect((await ask(simulator.url, login({}, { project: { id: "nowhere" } }))).status).toBe(401);
    expect((await ask(simulator.url, { auth: { identity: { methods: ["token"] } } })).status).toBe(400);
  });
});
