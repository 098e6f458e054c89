/** `npm run bench -- profile`: where the gateway's time goes in one scenario, by V8's sampling profiler. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startRedis } from "../test/support/redis-server.js";
import { prepare } from "./load/checker.js";
import { type LoadResult, openLoad } from "./load/load.js";
import { firstAnswer, startUpstream } from "./probe.js";
import { buildGateway } from "./process/build.js";
import { pinProcesses } from "./process/pinning.js";
import { startServer } from "./process/server-process.js";
import { type CpuProfile, timesOf } from "./profile/times.js";
import { table } from "./report.js";
import { gatewayCommand, settingsOver } from "./servers.js";
import { SCENARIOS } from "./work/scenarios.js";

const NAMES = SCENARIOS.map(({ name }) => name).join(", ");
const USAGE = `npm run bench -- profile

  --scenario NAME   one of ${NAMES} (version)
  --seconds S       length of the load (8)
  --redis           over a Redis
  --keep FOLDER     where to leave the profile, for Chrome's developer tools`;

const CONNECTIONS = 64;
const WARM_UP_MS = 3_000;
const GROUPS_SHOWN = 22;
const FRAMES_SHOWN = 25;
const CALLERS_SHOWN = 70;

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean" },
      scenario: { type: "string", default: "version" },
      seconds: { type: "string", default: "8" },
      redis: { type: "boolean", default: false },
      keep: { type: "string" },
    },
  });
  const scenario = SCENARIOS.find(({ name }) => name === values.scenario);
  if (scenario === undefined) throw new Error(`--scenario: there are ${NAMES}`);
  return {
    help: values.help === true,
    scenario,
    milliseconds: Number(values.seconds) * 1000,
    overRedis: values.redis,
    keep: values.keep,
  };
}

type ProfileOptions = ReturnType<typeof readOptions>;

/** Loads a gateway that profiles itself until it ends; what it answered at the end. */
async function recordProfile(
  { scenario, milliseconds, overRedis }: ProfileOptions,
  folder: string,
): Promise<LoadResult> {
  const pinning = pinProcesses();
  await using redis = overRedis ? await startRedis() : undefined;
  const upstream = await startUpstream();
  try {
    const { args, env } = gatewayCommand(upstream.url, redis && settingsOver(redis.url));
    const profiling = ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=500"];
    const server = await startServer({ args: [...profiling, ...args], env }, firstAnswer, pinning);
    const work = prepare(scenario);
    let next = 0;
    const load = await openLoad(server.port, scenario.connections ?? CONNECTIONS, () => work(next++));
    try {
      await load.run(WARM_UP_MS);
      return await load.run(milliseconds);
    } finally {
      load.close();
      await server.stop();
    }
  } finally {
    await upstream.stop();
  }
}

function readProfile(folder: string): CpuProfile {
  const file = readdirSync(folder).find((name) => name.endsWith(".cpuprofile"));
  if (file === undefined) throw new Error("the gateway left no profile");
  return JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile;
}

function print(
  title: string,
  times: ReadonlyMap<string, number>,
  unit: { busy: number; requests: number },
  shown: number,
): void {
  const rows = [...times]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, shown)
    .map(([name, micros]) => [
      name,
      `${((micros / unit.busy) * 100).toFixed(1)} %`,
      (micros / unit.requests).toFixed(1),
    ]);
  console.log(`\n${table([[title, "of busy time", "µs a request"], ...rows])}`);
}

/** @throws Error when the gateway answers wrong or leaves no profile */
export async function runProfile(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    console.log(USAGE);
    return;
  }
  buildGateway();
  const folder = options.keep ?? mkdtempSync(join(tmpdir(), "gateway-profile-"));
  try {
    const { requests, elapsedMs } = await recordProfile(options, folder);
    const { byGroup, byFrame, withCallees } = timesOf(readProfile(folder), elapsedMs);
    const busy = [...byGroup.values()].reduce((sum, micros) => sum + micros, 0);
    console.log(`${options.scenario.title}: ${requests} requests, ${(busy / requests).toFixed(0)} µs each`);
    print("group, own code", byGroup, { busy, requests }, GROUPS_SHOWN);
    print("frame, own code", byFrame, { busy, requests }, FRAMES_SHOWN);
    print("frame with what it calls", withCallees, { busy, requests }, CALLERS_SHOWN);
  } finally {
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
