import type { Alone } from "./alone.js";
import type { Outcome, Turn } from "./measure.js";
import type { Starts } from "./starts.js";
import { median } from "./statistics.js";
import type { Scenario } from "./work/scenarios.js";

const NUMBERS = [
  "ratio",
  "perCpuSecond",
  "requests",
  "elapsedMs",
  "p50Ms",
  "p99Ms",
  "upstreamCallsPerRequest",
  "residentMiB",
] as const satisfies readonly (keyof Turn)[];

type Medians = Record<(typeof NUMBERS)[number], number>;

function medians(turns: readonly Turn[]): Medians | undefined {
  if (turns.length === 0) return undefined;
  return Object.fromEntries(
    NUMBERS.map((name) => [name, median(turns.map((turn) => turn[name]))]),
  ) as Medians;
}

/** A table in Markdown, its columns aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const [head = [], ...body] = rows;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...body.map(line)].join("\n");
}

const significant = (value: number) => (value >= 0.1 ? value.toFixed(2) : value.toPrecision(2));

export function printScenario(scenario: Scenario, outcomes: readonly Outcome[]): void {
  const rows = outcomes.map(({ contestant, turns, failure }) => {
    const m = medians(turns);
    if (m === undefined || failure !== undefined) return [contestant.title, "failed", "", "", "", "", "", ""];
    return [
      contestant.title,
      significant(m.ratio),
      m.perCpuSecond.toFixed(0),
      ((m.requests / m.elapsedMs) * 1000).toFixed(0),
      m.p50Ms.toFixed(2),
      m.p99Ms.toFixed(2),
      m.upstreamCallsPerRequest.toFixed(3),
      m.residentMiB.toFixed(0),
    ];
  });
  const head = [scenario.title, "ratio", "req/CPU s", "req/s", "p50 ms", "p99 ms", "upstream calls", "MiB"];
  console.log(`\n${table([head, ...rows])}`);
}

export function printStarts(starts: readonly Starts[]): void {
  if (starts.length === 0) return;
  const rows = starts.map(({ contestant, startMs, idleMiB }) => [
    contestant,
    startMs.toFixed(0),
    idleMiB.toFixed(0),
  ]);
  console.log(`\n${table([["start", "first answer ms", "idle MiB"], ...rows])}`);
}

export function printAlone(scenario: Scenario, alone: readonly Alone[]): void {
  const rows = alone.map(({ contestant, p50Ms, upstreamCallsPerRequest, ownMs }) => [
    contestant,
    p50Ms.toFixed(2),
    upstreamCallsPerRequest.toFixed(2),
    ownMs.toFixed(2),
  ]);
  const head = [`${scenario.title}, one caller`, "p50 ms", "upstream calls", "of its own, ms"];
  console.log(`\n${table([head, ...rows])}`);
}

/** Contestants down, scenarios across. */
export function printRatios(outcomes: readonly Outcome[]): void {
  const scenarios = [...new Set(outcomes.map(({ scenario }) => scenario))];
  const contestants = [...new Set(outcomes.map(({ contestant }) => contestant))];
  const cell = (scenario: Scenario, contestant: Outcome["contestant"]) => {
    const outcome = outcomes.find((one) => one.scenario === scenario && one.contestant === contestant);
    if (outcome === undefined) return "";
    const m = outcome.failure === undefined ? medians(outcome.turns) : undefined;
    return m === undefined ? "failed" : significant(m.ratio);
  };
  const rows = contestants.map((contestant) => [
    contestant.title,
    ...scenarios.map((scenario) => cell(scenario, contestant)),
  ]);
  console.log(
    "\nRequests per second of server CPU, as a share of bare node:http in the same round (medians)\n",
  );
  console.log(table([["", ...scenarios.map(({ title }) => title)], ...rows]));
}

/** Everything, for the file. */
export function summaries(outcomes: readonly Outcome[]) {
  return outcomes.map(({ scenario, contestant, turns, failure }) => ({
    scenario: scenario.name,
    contestant: contestant.name,
    ...(failure !== undefined && { failure }),
    median: medians(turns),
    turns,
  }));
}
