import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startRedis } from "../test/support/redis-server.js";
import { startSimulator, type TestSimulator } from "../test/support/simulator.js";
import { type GatewayProcess, startGateway } from "./soak/gateway.js";
import { disturb, Load } from "./soak/load.js";
import { grown, leftOpen, type Sample, STREAMS, show, takeSample } from "./soak/samples.js";

/*
 * Mixed load with faults against one gateway process, for as long as asked. Prints what the process holds at intervals
 * and exits with 1 when something grew, was left open at the end, or failed by a defect.
 */

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    /** Operations a second. */
    rate: { type: "string", default: "40" },
    /** Bound of the gateway's old generation, in MiB: a small one makes what grows show soon. */
    heap: { type: "string", default: "128" },
    /** Without Redis, cache and histories live in the process. */
    "no-redis": { type: "boolean", default: false },
  },
});
const RUN_MS = Number(options.minutes) * 60_000;
const RATE = Number(options.rate);
if (!(RUN_MS > 0) || !(RATE > 0)) throw new Error("--minutes and --rate must be numbers above 0");

const SAMPLES = 30;

/** Runs tasks of that kind until the signal; one that fails is counted, not fatal: faults are part of the load. */
async function keepDoing(task: () => Promise<void>, pauseMs: number, signal: AbortSignal): Promise<number> {
  let failures = 0;
  while (!signal.aborted) {
    const [result] = await Promise.allSettled([task(), sleep(pauseMs)]);
    if (result.status === "rejected") failures += 1;
  }
  return failures;
}

async function soak(gateway: GatewayProcess, simulator: TestSimulator): Promise<string[]> {
  const load = new Load(gateway, simulator);
  const over = new AbortController();
  const { signal } = over;
  setMaxListeners(0, signal);
  const workers = Math.ceil(RATE / 5);
  const running = [
    ...Array.from({ length: workers }, () =>
      keepDoing(() => load.operate(), (workers / RATE) * 1_000, signal),
    ),
    ...Array.from({ length: STREAMS }, () => keepDoing(() => load.watch(signal), 50, signal)),
  ];
  const disturbing = disturb(simulator, signal);
  const samples: Sample[] = [];
  for (let n = 1; n <= SAMPLES; n += 1) {
    await sleep(RUN_MS / SAMPLES);
    const sample = await takeSample(gateway);
    samples.push(sample);
    show(`${Math.round((n * RUN_MS) / SAMPLES / 1_000)} s`, sample);
  }
  over.abort();
  const failures = (await Promise.all(running)).reduce((sum, count) => sum + count, 0);
  await disturbing;
  console.log(
    `outcomes ${JSON.stringify(Object.fromEntries(load.outcomes))}; requests without an answer: ${failures}`,
  );
  const problems = grown(samples).map((column) => `${column} grew`);
  const defects = load.outcomes.get("INTERNAL_SERVER_ERROR");
  if (defects !== undefined) problems.push(`${defects} defects`);
  return [...problems, ...(await leftOpen(gateway))];
}

async function main(): Promise<number> {
  await using redis = options["no-redis"] ? undefined : await startRedis();
  await using simulator = await startSimulator({ clock: { mode: "real" }, timeScale: 5 });
  await using gateway = await startGateway(
    {
      MODELARTS_ENDPOINT: simulator.url,
      ...(redis && { REDIS_URL: redis.url }),
      STATUS_POLL_INTERVAL_MS: "200",
      STATUS_HISTORY_LENGTH: "64",
      UPSTREAM_TIMEOUT_MS: "1000",
      UPSTREAM_BUDGET_MS: "2000",
      // The line that says where it listens is one of level info.
      LOG_LEVEL: "info",
    },
    Number(options.heap),
  );
  console.log(
    `${RATE} operations a second and ${STREAMS} streams for ${options.minutes} min, Redis: ${redis?.url ?? "none"}`,
  );
  const problems = await soak(gateway, simulator);
  for (const problem of problems) console.error(`FAILED: ${problem}`);
  if (problems.length === 0) console.log("Nothing grew, nothing was left open.");
  return problems.length > 0 ? 1 : 0;
}

process.exit(await main());
