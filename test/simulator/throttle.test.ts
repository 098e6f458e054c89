import { describe, expect, it } from "vitest";
import { startSimulator } from "../support/simulator.js";
import { call } from "./client.js";

describe("the throttle", () => {
  it("lets so many calls of one address pass in a window, then says when the next one begins", async () => {
    await using simulator = await startSimulator({ throttle: { calls: 2, windowMs: 5_000 } });
    const statuses: number[] = [];
    for (let index = 0; index < 3; index += 1)
      statuses.push((await call(simulator, "/training-jobs")).status);
    expect(statuses).toEqual([200, 200, 429]);
    simulator.clock.advance(1_500);
    const { headers, body } = await call(simulator, "/training-jobs");
    expect([headers.get("retry-after"), body.error_code]).toEqual(["4", "APIGW.0308"]);
    simulator.clock.advance(3_500);
    expect((await call(simulator, "/training-jobs")).status).toBe(200);
  });

  it("counts calls of all tokens and projects together", async () => {
    await using simulator = await startSimulator({ throttle: { calls: 1, windowMs: 5_000 } });
    await call(simulator, "/training-jobs");
    const headers = { "X-Auth-Token": simulator.other.token };
    expect((await call(simulator, "//v1/other-project/training-jobs", { headers })).status).toBe(429);
  });

  it("can be changed and lifted while it runs", async () => {
    await using simulator = await startSimulator();
    simulator.throttle.configure({ calls: 0, windowMs: 60_000 });
    expect((await call(simulator, "/training-jobs")).status).toBe(429);
    simulator.throttle.configure(undefined);
    expect((await call(simulator, "/training-jobs")).status).toBe(200);
  });
});
