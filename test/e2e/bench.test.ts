import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Alone, measureAlone } from "../../bench/alone.js";
import { type MeasureOptions, measureScenario } from "../../bench/measure.js";
import { startUpstream, type Upstream } from "../../bench/probe.js";
import { CONTESTANTS, type Contestant, GATEWAY, gatewayCommand, YARDSTICK } from "../../bench/servers.js";
import { median, percentile } from "../../bench/statistics.js";
import { jsonTemplate } from "../../bench/upstream/json-template.js";
import { completed, jobList, versionList } from "../../bench/upstream/wire.js";
import {
  expectedJob,
  expectedJobs,
  expectedJobsWithDetails,
  expectedVersion,
} from "../../bench/work/expected.js";
import { SCENARIOS, type Scenario } from "../../bench/work/scenarios.js";

/** Answers the first so many requests with the first body, all others with the second. */
const TURNCOAT = `
let left = Number(process.env.LEFT);
require("node:http").createServer((request, response) => {
  request.resume();
  request.on("end", () => response.end(left-- > 0 ? process.env.RIGHT : process.env.WRONG));
}).listen(process.env.PORT, "127.0.0.1");`;

function contestant(name: string): Contestant {
  const found = CONTESTANTS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

/** As the tests have built it. */
const builtGateway: Contestant = {
  ...contestant(GATEWAY),
  command: ({ upstream }) => ({ ...gatewayCommand(upstream), args: [inject("serverFile")] }),
};

function turncoat(left: number): Contestant {
  const RIGHT = JSON.stringify({ data: expectedVersion(10, 20) });
  const WRONG = JSON.stringify({ data: expectedVersion(10, 21) });
  return {
    name: "turncoat",
    title: "turncoat",
    takesPart: () => true,
    command: () => ({ args: ["-e", TURNCOAT], env: { LEFT: String(left), RIGHT, WRONG } }),
  };
}

describe("The benchmark", () => {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream();
  });
  afterAll(() => upstream.stop());

  function scenarioNamed(wanted: string): Scenario {
    const scenario = SCENARIOS.find(({ name }) => name === wanted);
    if (scenario === undefined) throw new Error(`there is no scenario ${wanted}`);
    return scenario;
  }

  function optionsOf(): MeasureOptions {
    return {
      rounds: 2,
      turnMs: 100,
      warmUpMs: 100,
      connections: 2,
      pinning: { command: (program, args) => [program, [...args]], description: "not pinned" },
      upstream,
      surroundings: { upstream: upstream.url, redis: undefined },
    };
  }

  const measure = (scenario: string, contestants: readonly Contestant[]) =>
    measureScenario(scenarioNamed(scenario), contestants, optionsOf());

  it("takes who answers wrong out of the table, and keeps the others", async () => {
    const outcomes = await measure("version", [contestant(YARDSTICK), turncoat(1), builtGateway]);
    expect(outcomes.map(({ failure }) => failure?.split(":")[0])).toEqual([
      undefined,
      "a wrong answer, 200",
      undefined,
    ]);
    expect(outcomes.map(({ turns }) => turns.length)).toEqual([2, 0, 2]);
  });

  it("finds an answer that is wrong after many that were right", async () => {
    const [, late] = await measure("version", [contestant(YARDSTICK), turncoat(50)]);
    expect(late?.failure).toContain("a wrong answer");
  });

  it("counts the upstream's calls for each request, none of which a hot answer needs", async () => {
    const cold = await measure("version-cold", [contestant(YARDSTICK), builtGateway]);
    const hot = await measure("version", [contestant(YARDSTICK), builtGateway]);
    const calls = [...cold, ...hot].map(({ turns }) =>
      turns.map((turn) => Math.round(turn.upstreamCallsPerRequest)),
    );
    expect(calls).toEqual([
      [0, 0],
      [1, 1],
      [0, 0],
      [0, 0],
    ]);
  });

  it("relates each turn to the yardstick's of the same round", async () => {
    const [yardstick, measured] = await measure("version", [contestant(YARDSTICK), builtGateway]);
    expect(yardstick?.turns.map(({ ratio }) => ratio)).toEqual([1, 1]);
    const units = yardstick?.turns.map(({ perCpuSecond }) => perCpuSecond) ?? [];
    expect(measured?.turns.map(({ ratio }) => ratio)).toEqual(
      measured?.turns.map(({ perCpuSecond }, round) => perCpuSecond / (units[round] ?? 0)),
    );
  });

  it("takes the upstream's time from what one caller waits, and leaves out who answers him wrong", async () => {
    const options = { ...optionsOf(), rounds: 1, connections: 64 };
    const field = [contestant(YARDSTICK), turncoat(0), builtGateway];
    const alone = await measureAlone(scenarioNamed("create"), field, options);
    expect(alone.map((one) => one.contestant)).toEqual([builtGateway.title]);
    const [{ p50Ms, ownMs, upstreamCallsPerRequest }] = alone as [Alone];
    expect(Math.round(upstreamCallsPerRequest)).toBe(1);
    // The upstream answers after 5 ms, not earlier but for what timers round.
    expect(p50Ms - ownMs).toBeGreaterThan(3);
  });
});

describe("Its templates", () => {
  it.each([
    ["the upstream's list of jobs", (firstJobId: number) => jobList(firstJobId, 50)],
    ["the upstream's list of versions", (jobId: number) => versionList(jobId, completed)],
    ["the right answer with the list of jobs", (firstJobId: number) => expectedJobs(firstJobId - 1)],
    ["the right answer with the list of versions", expectedJob],
    ["the right answer with details", (firstJobId: number) => expectedJobsWithDetails(firstJobId - 1)],
    ["the right answer with one version", (jobId: number) => expectedVersion(jobId, 20)],
  ])("put together, for any job, the text that serialising gives: %s", (_, make) => {
    const textOf = jsonTemplate(make);
    for (const jobId of [1, 10, 951, 3_000_051]) expect(textOf(jobId)).toBe(JSON.stringify(make(jobId)));
  });

  it("are refused where they could not", () => {
    expect(() => jsonTemplate((firstJobId) => jobList(firstJobId, 101))).toThrow("a hundred jobs");
  });
});

describe("Its statistics", () => {
  it("take the middle of an odd number of values, and the mean of the middle two of an even number", () => {
    expect(median([3, 1, 20])).toBe(3);
    expect(median([4, 1, 20, 3])).toBe(3.5);
    expect(() => median([])).toThrow("nothing");
  });

  it("take the value that so many per cent do not exceed", () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect([50, 99, 100].map((percent) => percentile(values, percent))).toEqual([100, 198, 200]);
    expect(percentile([7], 99)).toBe(7);
  });
});
