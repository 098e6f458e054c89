import { type Prepared, prepare } from "./load/checker.js";
import { openLoad } from "./load/load.js";
import { firstAnswer, type Upstream } from "./probe.js";
import type { Pinning } from "./process/pinning.js";
import { startServer } from "./process/server-process.js";
import type { Contestant, Surroundings } from "./servers.js";
import { versionsPath } from "./upstream/wire.js";
import type { Scenario } from "./work/scenarios.js";

/** One caller at a time: what a server adds to the time that the upstream takes. */
export interface Alone {
  contestant: string;
  p50Ms: number;
  upstreamCallsPerRequest: number;
  /** Median time less that of its upstream calls, one after the other. */
  ownMs: number;
}

interface AloneOptions {
  pinning: Pinning;
  upstream: Upstream;
  surroundings: Surroundings;
}

const TURN_MS = 1_200;
/** The caller's own, in turn: their first requests are part of the warm-up. */
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
    return (await load.run(TURN_MS)).p50Ms;
  } finally {
    load.close();
  }
}

async function measureOne(
  scenario: Scenario,
  contestant: Contestant,
  { pinning, upstream, surroundings }: AloneOptions,
): Promise<Omit<Alone, "ownMs">> {
  const server = await startServer(contestant.command(surroundings, ""), firstAnswer, pinning);
  try {
    const work = prepare(scenario);
    let next = 0;
    const load = await openLoad(server.port, 1, () => work(next++ % JOBS));
    try {
      await load.run(TURN_MS);
      const callsBefore = await upstream.calls();
      const { p50Ms, requests } = await load.run(TURN_MS);
      const calls = (await upstream.calls()) - callsBefore;
      return { contestant: contestant.title, p50Ms, upstreamCallsPerRequest: calls / requests };
    } finally {
      load.close();
    }
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
  const oneCallMs = await upstreamMs(options.upstream);
  const results: Alone[] = [];
  for (const contestant of contestants.filter(({ fixedBody }) => fixedBody === undefined)) {
    try {
      const result = await measureOne(scenario, contestant, options);
      results.push({ ...result, ownMs: result.p50Ms - result.upstreamCallsPerRequest * oneCallMs });
    } catch (error) {
      console.error(`${contestant.title}, one caller: ${(error as Error).message}`);
    }
  }
  return results;
}
