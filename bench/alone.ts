import { type Prepared, prepare } from "./load/checker.js";
import { openLoad } from "./load/load.js";
import { firstAnswer, type Upstream } from "./probe.js";
import type { Pinning } from "./process/pinning.js";
import { type ServerProcess, startServer } from "./process/server-process.js";
import type { Contestant, Surroundings } from "./servers.js";
import { median } from "./statistics.js";
import { versionsPath } from "./upstream/wire.js";
import { warmUp } from "./warm-up.js";
import type { Scenario } from "./work/scenarios.js";

/** One caller at a time: what a server adds to the time that the upstream takes. Medians of the turns. */
export interface Alone {
  contestant: string;
  p50Ms: number;
  upstreamCallsPerRequest: number;
  /** Median time less that of its upstream calls, one after the other. */
  ownMs: number;
}

interface AloneOptions {
  rounds: number;
  warmUpMs: number;
  connections: number;
  pinning: Pinning;
  upstream: Upstream;
  surroundings: Surroundings;
}

/** More would say nothing new, and all others wait. */
const MOST_TURNS = 7;
const TURN_MS = 800;
const UPSTREAM_TURN_MS = 400;
/** That the caller creates versions of, in turn. */
const JOBS = 10;

/** The upstream's own time to answer, by the same generator. */
async function upstreamMs(upstream: Upstream): Promise<number> {
  const head = `GET ${versionsPath(10)} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: bench-token\r\n\r\n`;
  const get: Prepared = {
    bytes: Buffer.from(head),
    check(status) {
      if (status !== 200) throw new Error(`the upstream answered ${status}`);
    },
  };
  const load = await openLoad(upstream.port, 1, () => get);
  try {
    return (await load.run(UPSTREAM_TURN_MS)).p50Ms;
  } finally {
    load.close();
  }
}

/** As in the other scenarios: a server that has just started runs code that is not compiled yet. */
async function warmUpServer(server: ServerProcess, scenario: Scenario, options: AloneOptions): Promise<void> {
  const work = prepare(scenario);
  let next = 0;
  const load = await openLoad(server.port, options.connections, () => work(next++));
  try {
    await warmUp(load, scenario, options.warmUpMs);
  } finally {
    load.close();
  }
}

async function takeTurns(
  server: ServerProcess,
  scenario: Scenario,
  { upstream, rounds }: AloneOptions,
): Promise<Omit<Alone, "contestant">> {
  const work = prepare(scenario);
  let next = 0;
  const load = await openLoad(server.port, 1, () => work(next++ % JOBS));
  const turns: Omit<Alone, "contestant">[] = [];
  try {
    for (let turn = 0; turn < Math.min(rounds, MOST_TURNS); turn += 1) {
      const oneCallMs = await upstreamMs(upstream);
      const callsBefore = await upstream.calls();
      const { p50Ms, requests } = await load.run(TURN_MS);
      const upstreamCallsPerRequest = ((await upstream.calls()) - callsBefore) / requests;
      turns.push({ p50Ms, upstreamCallsPerRequest, ownMs: p50Ms - upstreamCallsPerRequest * oneCallMs });
    }
  } finally {
    load.close();
  }
  return {
    p50Ms: median(turns.map(({ p50Ms }) => p50Ms)),
    upstreamCallsPerRequest: median(turns.map((turn) => turn.upstreamCallsPerRequest)),
    ownMs: median(turns.map(({ ownMs }) => ownMs)),
  };
}

async function measureOne(
  scenario: Scenario,
  contestant: Contestant,
  options: AloneOptions,
): Promise<Omit<Alone, "contestant">> {
  const { pinning, surroundings } = options;
  const server = await startServer(contestant.command(surroundings, ""), firstAnswer, pinning);
  try {
    await warmUpServer(server, scenario, options);
    return await takeTurns(server, scenario, options);
  } finally {
    await server.stop();
  }
}

/** One connection, one request at a time, for those who execute queries. */
export async function measureAlone(
  scenario: Scenario,
  contestants: readonly Contestant[],
  options: AloneOptions,
): Promise<Alone[]> {
  const results: Alone[] = [];
  for (const contestant of contestants.filter(({ fixedBody }) => fixedBody === undefined)) {
    try {
      results.push({ contestant: contestant.title, ...(await measureOne(scenario, contestant, options)) });
    } catch (error) {
      console.error(`${contestant.title}, one caller: ${(error as Error).message}`);
    }
  }
  return results;
}
