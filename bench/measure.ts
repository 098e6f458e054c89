import { type Prepared, prepare, prepareFixed } from "./load/checker.js";
import { type LoadResult, openLoad } from "./load/load.js";
import { firstAnswer, type Upstream } from "./probe.js";
import type { Pinning } from "./process/pinning.js";
import { type ServerProcess, startServer } from "./process/server-process.js";
import { usageOf } from "./process/usage.js";
import { type Contestant, type Surroundings, YARDSTICK } from "./servers.js";
import { warmUp } from "./warm-up.js";
import type { Scenario } from "./work/scenarios.js";

/** One turn of one contestant. */
export interface Turn extends LoadResult {
  /** Requests per second of the server's CPU time. */
  perCpuSecond: number;
  /** The same as a share of the yardstick's in this round. */
  ratio: number;
  upstreamCallsPerRequest: number;
  residentMiB: number;
}

export interface Outcome {
  scenario: Scenario;
  contestant: Contestant;
  turns: Turn[];
  /** Why it dropped out. */
  failure?: string;
}

export interface MeasureOptions {
  rounds: number;
  turnMs: number;
  warmUpMs: number;
  connections: number;
  pinning: Pinning;
  upstream: Upstream;
  surroundings: Surroundings;
}

/** Load before each turn that is not counted: connections are accepted and a server that idled is warm again. */
const LEAD_IN_MS = 150;

interface Entrant {
  outcome: Outcome;
  server: ServerProcess;
  nextRequest: () => Prepared;
}

function fixedBody(scenario: Scenario, size: "answer" | number): string {
  if (size === "answer") return JSON.stringify({ data: scenario.sample() });
  const empty = JSON.stringify({ data: { fixed: "" } });
  return JSON.stringify({ data: { fixed: "x".repeat(size - empty.length) } });
}

function counted(work: (index: number) => Prepared): () => Prepared {
  let next = 0;
  return () => work(next++);
}

const connectionsOf = (scenario: Scenario, options: MeasureOptions) =>
  Math.min(scenario.connections ?? options.connections, options.connections);

async function enter(scenario: Scenario, contestant: Contestant, options: MeasureOptions): Promise<Entrant> {
  const size = contestant.fixedBody;
  const body = size === undefined ? "" : fixedBody(scenario, size);
  const work = size === undefined ? prepare(scenario) : prepareFixed(scenario, Buffer.from(body));
  const command = contestant.command(options.surroundings, body);
  const server = await startServer(command, firstAnswer, options.pinning);
  const nextRequest = counted(work);
  const entrant = { outcome: { scenario, contestant, turns: [] }, server, nextRequest };
  const load = await openLoad(server.port, connectionsOf(scenario, options), nextRequest);
  try {
    await warmUp(load, scenario, options.warmUpMs);
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    load.close();
  }
  return entrant;
}

async function takeTurn(entrant: Entrant, options: MeasureOptions): Promise<Omit<Turn, "ratio">> {
  const { server, nextRequest, outcome } = entrant;
  const load = await openLoad(server.port, connectionsOf(outcome.scenario, options), nextRequest);
  try {
    await load.run(LEAD_IN_MS);
    const callsBefore = await options.upstream.calls();
    const before = usageOf(server.pid);
    const result = await load.run(options.turnMs);
    const after = usageOf(server.pid);
    const calls = (await options.upstream.calls()) - callsBefore;
    return {
      ...result,
      perCpuSecond: result.requests / Math.max(after.cpuSeconds - before.cpuSeconds, 0.01),
      upstreamCallsPerRequest: calls / result.requests,
      residentMiB: after.residentMiB,
    };
  } finally {
    load.close();
  }
}

function dropOut(outcome: Outcome, error: unknown): void {
  outcome.failure = (error as Error).message;
  console.error(`${outcome.contestant.title}, ${outcome.scenario.title}: ${outcome.failure}`);
}

/** One turn of everybody; the yardstick comes first. */
async function playRound(entrants: Entrant[], options: MeasureOptions): Promise<void> {
  let unit: number | undefined;
  for (const entrant of entrants) {
    const { outcome } = entrant;
    if (outcome.failure !== undefined) continue;
    try {
      const turn = await takeTurn(entrant, options);
      if (outcome.contestant.name === YARDSTICK) unit = turn.perCpuSecond;
      if (unit === undefined) throw new Error("there is no yardstick in this round");
      outcome.turns.push({ ...turn, ratio: turn.perCpuSecond / unit });
    } catch (error) {
      dropOut(outcome, error);
    }
  }
}

/** Runs one scenario: everybody starts afresh and warms up, then takes turns. Who answers wrong drops out. */
export async function measureScenario(
  scenario: Scenario,
  contestants: readonly Contestant[],
  options: MeasureOptions,
): Promise<Outcome[]> {
  const entrants: Entrant[] = [];
  const outcomes: Outcome[] = [];
  try {
    for (const contestant of contestants) {
      const outcome: Outcome = { scenario, contestant, turns: [] };
      outcomes.push(outcome);
      try {
        entrants.push({ ...(await enter(scenario, contestant, options)), outcome });
      } catch (error) {
        dropOut(outcome, error);
      }
    }
    for (let round = 0; round < options.rounds; round++) await playRound(entrants, options);
  } finally {
    await Promise.all(entrants.map(({ server }) => server.stop()));
  }
  return outcomes;
}
