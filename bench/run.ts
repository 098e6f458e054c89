/** `npm run bench`: the gateway beside its peers, on the same work. See docs/performance.md. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { type RedisServer, startRedis } from "../test/support/redis-server.js";
import { measureAlone } from "./alone.js";
import { measureScenario, type Outcome } from "./measure.js";
import { type Options, readOptions, USAGE } from "./options.js";
import { startUpstream } from "./probe.js";
import { buildGateway, installPeers } from "./process/build.js";
import { type Pinning, pinProcesses } from "./process/pinning.js";
import { printAlone, printRatios, printScenario, printStarts, summaries } from "./report.js";
import { CONTESTANTS, type Contestant, GATEWAY, GATEWAY_OVER_REDIS, YARDSTICK } from "./servers.js";
import { measureStarts } from "./starts.js";
import { SCENARIOS } from "./work/scenarios.js";

function contestantsOf(options: Options, arePeersInstalled: boolean) {
  const always = [YARDSTICK, "node-http", GATEWAY, GATEWAY_OVER_REDIS];
  return CONTESTANTS.filter(
    ({ name }) => options.contestants.includes(name) && (arePeersInstalled || always.includes(name)),
  );
}

/** Undefined where nobody needs one, and where there is none to be had. */
async function startRedisFor(contestants: readonly Contestant[]): Promise<RedisServer | undefined> {
  if (!contestants.some(({ needsRedis }) => needsRedis)) return undefined;
  try {
    return await startRedis();
  } catch (error) {
    console.error(`Without those who need Redis: ${(error as Error).message}`);
    return undefined;
  }
}

async function measure(options: Options, pinning: Pinning): Promise<boolean> {
  const chosen = contestantsOf(options, installPeers());
  await using redis = await startRedisFor(chosen);
  const contestants = chosen.filter(({ needsRedis }) => !needsRedis || redis !== undefined);
  const upstream = await startUpstream();
  const surroundings = { upstream: upstream.url, redis: redis?.url };
  const outcomes: Outcome[] = [];
  const loadBefore = loadavg();
  try {
    for (const scenario of SCENARIOS.filter(({ name }) => options.scenarios.includes(name))) {
      const field = contestants.filter((contestant) => contestant.takesPart(scenario));
      const measured = await measureScenario(scenario, field, {
        ...options,
        pinning,
        upstream,
        surroundings,
      });
      printScenario(scenario, measured);
      outcomes.push(...measured);
    }
    const creation = SCENARIOS.find(({ name }) => name === "create" && options.scenarios.includes(name));
    const alone = creation
      ? await measureAlone(creation, contestants, { ...options, pinning, upstream, surroundings })
      : [];
    if (creation) printAlone(creation, alone);
    const starts = await measureStarts(contestants, options.starts, pinning, surroundings);
    printStarts(starts);
    printRatios(outcomes);
    if (options.json !== undefined) {
      const machine = {
        cpu: cpus()[0]?.model,
        cores: cpus().length,
        node: process.version,
        pinning: pinning.description,
        loadBefore,
      };
      const report = { machine, options, scenarios: summaries(outcomes), alone, starts };
      writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
    }
  } finally {
    await upstream.stop();
  }
  return outcomes.every(({ failure }) => failure === undefined);
}

async function main(args: string[]): Promise<void> {
  if (args[0] === "subscribers") {
    const { runSubscribers } = await import("./subscribers.js");
    return runSubscribers(args.slice(1));
  }
  if (args[0] === "workers") {
    const { runWorkers } = await import("./workers.js");
    return runWorkers(args.slice(1));
  }
  if (args[0] === "profile") {
    const { runProfile } = await import("./profile.js");
    return runProfile(args.slice(1));
  }
  const options = readOptions(args);
  if (options === undefined) {
    console.log(USAGE);
    return;
  }
  buildGateway();
  const pinning = pinProcesses();
  const others = loadavg()[0] ?? 0;
  if (others > 1)
    console.log(`Load average ${others.toFixed(1)}: others use this machine, which blurs the numbers.`);
  console.log(
    `${cpus()[0]?.model}, ${pinning.description}; Node ${process.version}; ${options.connections} connections, ` +
      `${options.rounds} rounds of ${options.turnMs / 1000} s`,
  );
  if (!(await measure(options, pinning))) process.exitCode = 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
