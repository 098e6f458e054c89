import { describe, expect, it } from "vitest";
import { createClock } from "../../simulator/clock.js";
import {
  isFinal,
  type Outcome,
  planLife,
  scaledPace,
  statusAt,
  stopLife,
} from "../../simulator/store/lifecycle.js";
import { STATUS, startSimulator } from "../support/simulator.js";
import { until } from "../support/until.js";
import { call, sampleBody } from "./client.js";

const PACE = scaledPace(1);
const IMAGE = { user_image_url: "swr/custom:1.0" };

/** The statuses that a life goes through, one after the other. */
function statuses(outcome: Outcome, customImage = false): number[] {
  return planLife(0, outcome, PACE, customImage).map((step) => step.status);
}

describe("the life of a version", () => {
  it.each<[Outcome, number[]]>([
    ["completed", [1, 4, 7, 8, 10]],
    ["failed", [1, 4, 7, 8, 11]],
    ["lost", [1, 4, 7, 8, 14]],
    ["canceled", [1, 4, 7, 13]],
    ["submit-failed", [1, 4, 5]],
    ["image-failed", [1, 2, 3]],
    ["waits", [1, 4, 7]],
  ])("that ends as %s goes through %j", (outcome, expected) => {
    expect(statuses(outcome)).toEqual(expected);
  });

  it("begins with the creation of a custom image", () => {
    expect(statuses("completed", true)).toEqual([1, 2, 4, 7, 8, 10]);
  });

  it("takes 20 s from INIT to COMPLETED, 2 to 10 s for each phase", () => {
    const life = planLife(0, "completed", PACE, false);
    expect(life.at(-1)).toEqual({ at: 20_000, status: STATUS.COMPLETED });
    const lengths = life.slice(1).map((step, index) => step.at - (life[index]?.at ?? 0));
    expect(lengths.every((length) => length >= 2_000 && length <= 10_000)).toBe(true);
  });

  it("goes as many times as fast as the time scale says, and stands still at 0", () => {
    expect(planLife(0, "completed", scaledPace(10), false).at(-1)?.at).toBe(2_000);
    expect(statusAt(planLife(0, "completed", scaledPace(0), false), Number.MAX_SAFE_INTEGER)).toBe(
      STATUS.INIT,
    );
  });

  it("is continued by KILLING and KILLED when it is stopped, and forgets what was to come", () => {
    const life = stopLife(planLife(0, "completed", PACE, false), 12_000, PACE);
    expect([11_999, 12_000, 15_000, 60_000].map((at) => statusAt(life, at))).toEqual([8, 9, 12, 12]);
  });

  it("ends with the vendor's final statuses", () => {
    const codes = Array.from({ length: 22 }, (_, code) => code);
    expect(codes.filter(isFinal)).toEqual([3, 5, 6, 10, 11, 12, 13, 14, 16, 17, 21]);
  });

  it("shows in the answers as the clock is advanced", async () => {
    await using simulator = await startSimulator({ habits: "clean" });
    const created = await call(simulator, "/training-jobs/10/versions", {
      method: "POST",
      body: sampleBody(),
    });
    const path = `/training-jobs/10/versions/${created.body.version_id}`;
    const seen: unknown[] = [];
    for (const ms of [0, 3_000, 3_000, 5_000, 4_000, 5_000]) {
      simulator.clock.advance(ms);
      const { body } = await call(simulator, path);
      seen.push([body.status, body.duration, body.start_time === undefined]);
    }
    expect(seen).toEqual([
      [1n, 0n, true],
      [4n, 0n, true],
      [7n, 0n, true],
      [8n, 0n, false],
      [8n, 4_000n, false],
      [10n, 9_000n, false],
    ]);
  });

  it.each([
    ["a boot file named fail...", { boot_file_url: "/usr/app/fail.py" }, STATUS.FAILED],
    ["a boot file named lost...", { boot_file_url: "/usr/app/lost.py" }, STATUS.LOST],
    ["an image that is missing", { user_image_url: "swr/missing:1.0" }, STATUS.IMAGE_FAILED],
    ["a good image", IMAGE, STATUS.COMPLETED],
  ])("is chosen by what is sent: %s", async (_what, config, status) => {
    await using simulator = await startSimulator({ habits: "clean" });
    const body = sampleBody(config);
    const created = await call(simulator, "/training-jobs/10/versions", { method: "POST", body });
    simulator.clock.advance(60_000);
    expect(simulator.statusOf(10, String(created.body.version_id))).toBe(status);
  });

  it("keeps a status that a test has set, whatever was to come", async () => {
    await using simulator = await startSimulator();
    const { id } = simulator.addVersion(10);
    simulator.setStatus(10, id, 77);
    simulator.clock.advance(60_000);
    expect(simulator.statusOf(10, id)).toBe(77);
  });

  it("goes on by itself with a real clock", async () => {
    await using simulator = await startSimulator({ clock: { mode: "real" }, timeScale: 1_000 });
    const { id } = simulator.addVersion(10);
    await until("the version completes", () => simulator.statusOf(10, id) === STATUS.COMPLETED);
  });
});

describe("the clock", () => {
  it("stands still in manual mode until it is advanced", () => {
    const clock = createClock({ mode: "manual", startAt: 1_000 });
    clock.advance(500);
    expect(clock.now()).toBe(1_500);
    expect(() => clock.advance(-1)).toThrow(RangeError);
  });

  it("dates every answer, failures and refused calls included", async () => {
    const startAt = Date.UTC(2030, 0, 1);
    await using simulator = await startSimulator({ clock: { mode: "manual", startAt } });
    simulator.clock.advance(61_000);
    for (const path of ["/training-jobs", "/nothing", "/training-jobs/abc/versions"]) {
      const { headers } = await call(simulator, path);
      expect(headers.get("date")).toBe("Tue, 01 Jan 2030 00:01:01 GMT");
    }
  });
});
