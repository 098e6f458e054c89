/** `npm run bench -- workers`: what WORKERS processes behind one port do beside one. Linux alone; needs a Redis server on PATH. */
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { startRedis } from "../test/support/redis-server.js";
import { prepare } from "./load/checker.js";
import { openLoad } from "./load/load.js";
import { firstAnswer, startUpstream, type Upstream } from "./probe.js";
import { buildGateway } from "./process/build.js";
import { startServer } from "./process/server-process.js";
import { usageOf } from "./process/usage.js";
import { table } from "./report.js";
import { gatewayCommand } from "./servers.js";
import { median } from "./statistics.js";
import { SCENARIOS } from "./work/scenarios.js";

const USAGE = `npm run bench -- workers

  --most N       the most workers (as many as there are cores)
  --scenario S   what they are asked (version)
  --seconds S    length of a turn (2)
  --rounds N     turns of each (5)`;

const CONNECTIONS = 64;

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean" },
      most: { type: "string", default: String(availableParallelism()) },
      scenario: { type: "string", default: "version" },
      seconds: { type: "string", default: "2" },
      rounds: { type: "string", default: "5" },
    },
  });
  const scenario = SCENARIOS.find(({ name }) => name === values.scenario);
  if (scenario === undefined) throw new Error(`there is no scenario ${values.scenario}`);
  return {
    help: values.help === true,
    most: Number(values.most),
    scenario,
    turnMs: Number(values.seconds) * 1_000,
    rounds: Number(values.rounds),
  };
}

type WorkersOptions = ReturnType<typeof readOptions>;

/** The process and those that it has started. */
function family(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) throw new Error("This measurement needs /proc/<pid>/task/<pid>/children (Linux).");
  return [pid, ...readFileSync(file, "utf8").split(" ").filter(Boolean).map(Number)];
}

interface Entrant {
  workers: number;
  play(): Promise<void>;
  /** One for each turn. */
  perSecond: number[];
  perCpuSecond: number[];
  residentMiB: number;
  stop(): Promise<void>;
}

async function enter(
  workers: number,
  redisUrl: string,
  upstream: Upstream,
  options: WorkersOptions,
): Promise<Entrant> {
  const { args, env } = gatewayCommand(upstream.url);
  const settings = { WORKERS: String(workers), REDIS_URL: redisUrl, REDIS_KEY_PREFIX: `bench:${workers}:` };
  const server = await startServer({ args, env: { ...env, ...settings } }, firstAnswer);
  const work = prepare(options.scenario);
  let next = 0;
  const load = await openLoad(server.port, CONNECTIONS, () => work(next++));
  await load.run(options.turnMs, options.scenario.keys ?? 0);
  const cpuSeconds = () => family(server.pid).reduce((sum, pid) => sum + usageOf(pid).cpuSeconds, 0);
  const entrant: Entrant = {
    workers,
    perSecond: [],
    perCpuSecond: [],
    residentMiB: 0,
    async play() {
      const before = cpuSeconds();
      const { requests, elapsedMs } = await load.run(options.turnMs);
      entrant.perCpuSecond.push(requests / (cpuSeconds() - before));
      entrant.perSecond.push(requests / (elapsedMs / 1_000));
      entrant.residentMiB = family(server.pid).reduce((sum, pid) => sum + usageOf(pid).residentMiB, 0);
    },
    async stop() {
      load.close();
      await server.stop();
    },
  };
  return entrant;
}

function print(entrants: readonly Entrant[]): void {
  const one = median(entrants[0]?.perCpuSecond ?? []);
  const rows = entrants.map(({ workers, perSecond, perCpuSecond, residentMiB }) => [
    String(workers),
    median(perSecond).toFixed(0),
    median(perCpuSecond).toFixed(0),
    (median(perCpuSecond) / one).toFixed(2),
    residentMiB.toFixed(0),
  ]);
  console.log(
    table([["workers", "req/s", "req/CPU s", "share of one worker's", "MiB, all processes"], ...rows]),
  );
}

export async function runWorkers(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) return console.log(USAGE);
  buildGateway();
  const upstream = await startUpstream();
  const entrants: Entrant[] = [];
  await using redis = await startRedis();
  try {
    for (let workers = 1; workers <= options.most; workers += 1) {
      entrants.push(await enter(workers, redis.url, upstream, options));
    }
    for (let round = 0; round < options.rounds; round += 1) {
      for (const entrant of entrants) await entrant.play();
    }
    print(entrants);
  } finally {
    await Promise.all([...entrants.map((entrant) => entrant.stop()), upstream.stop()]);
  }
}
