import { spawn } from "node:child_process";
import { once, setMaxListeners } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openEventStream } from "../test/support/event-stream.js";
import { collect, post, webSocketClient } from "../test/support/graphql-client.js";
import { startRedis } from "../test/support/redis-server.js";
import { CREATE, sampleInput } from "../test/support/sample.js";
import { startSimulator, type TestSimulator } from "../test/support/simulator.js";
import { buildGateway } from "./process/build.js";

/*
 * Mixed load with faults against one gateway process, for as long as asked. Prints what the process holds at intervals
 * and exits with 1 when something grew, was left open at the end, or failed by a defect.
 */

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    /** Operations a second. */
    rate: { type: "string", default: "40" },
    /** Without Redis, cache and histories live in the process. */
    "no-redis": { type: "boolean", default: false },
  },
});
const RUN_MS = Number(options.minutes) * 60_000;
const RATE = Number(options.rate);
if (!(RUN_MS > 0) || !(RATE > 0)) throw new Error("--minutes and --rate must be numbers above 0");

/** A small heap makes the collector work, so that what grows shows soon. */
const SMALL_HEAP = "--max-old-space-size=128";
const SAMPLES = 30;
const STREAMS = 20;
const KEYS = 100;
const KEPT_VERSIONS = 20;
const JOBS = ["10", "11", "13", "14", "15", "20", "40", "41", "42"];
const QUERIES = [
  "{ trainingJobs(perPage: 20) { jobs { jobName currentVersion { status } } } }",
  "query ($job: ID!) { trainingJob(jobId: $job) { jobName versions(perPage: 5) { versionId status } } }",
  "query ($job: ID!) { trainingJob(jobId: $job) { currentVersion { specCode preVersion { status } } } }",
  "{ resourceSpecs { specId } engineSpecs { engineId } }",
  "{ nothing }",
  "{",
];
const WATCH =
  "subscription ($job: ID!) { trainingJobStatusChanged(jobId: $job) { cursor status version { specCode } } }";
const FAULTS = [
  { kind: "latency", ms: 300 },
  { kind: "reset", when: "after", probability: 0.5 },
  { kind: "garbage", form: "truncated-json", probability: 0.5 },
  { kind: "throttled", retryAfter: 1, probability: 0.3 },
  { kind: "error", status: 502, probability: 0.5 },
  { kind: "unauthorized-echo", probability: 0.2 },
] as const;

const pick = <T>(choices: readonly T[]): T => choices[Math.floor(Math.random() * choices.length)] as T;

interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
}

/** The built gateway in a process of its own, on a free port. */
async function startGateway(env: Record<string, string>): Promise<GatewayProcess> {
  buildGateway();
  const child = spawn(process.execPath, [SMALL_HEAP, "dist/server.js"], {
    cwd: join(import.meta.dirname, ".."),
    env: { PORT: "0", HOST: "127.0.0.1", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  process.once("exit", () => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      const entry = JSON.parse(line) as { event?: string; level?: string; url?: string };
      if (entry.event === "listening" && entry.url !== undefined) resolve(entry.url);
      if (entry.level === "error" || entry.level === "fatal") console.error(line);
    });
    void exited.then(() => reject(new Error("the gateway ended before it listened")));
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Columns of the table, and the metric that each shows. */
const WATCHED = {
  heapMb: { metric: "nodejs_heap_size_used_bytes", unit: 2 ** 20, slack: 15 },
  rssMb: { metric: "process_resident_memory_bytes", unit: 2 ** 20, slack: 40 },
  handles: { metric: "nodejs_active_handles_total", unit: 1, slack: 20 },
  lagMs: { metric: "nodejs_eventloop_lag_p99_seconds", unit: 0.001, slack: 100 },
  streams: { metric: "modelarts_gateway_open_streams", unit: 1, slack: STREAMS },
  subscribers: { metric: "modelarts_gateway_watch_subscribers", unit: 1, slack: STREAMS },
} as const;
type Column = keyof typeof WATCHED;
type Sample = Record<Column, number>;
const COLUMNS = Object.keys(WATCHED) as Column[];

function metricIn(text: string, name: string): number {
  const lines = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

async function takeSample(gateway: GatewayProcess): Promise<Sample> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const values = COLUMNS.map((column) => {
    const { metric, unit } = WATCHED[column];
    return [column, Math.round(metricIn(text, metric) / unit)];
  });
  return Object.fromEntries(values) as Sample;
}

function show(label: string, sample: Sample): void {
  console.log(
    `${label.padStart(8)} ${COLUMNS.map((name) => `${name} ${sample[name]}`.padEnd(16)).join(" ")}`,
  );
}

/** The columns that grew: the least of the last third is well above the least of the second, what came before being warm-up. */
function grown(samples: readonly Sample[]): Column[] {
  const third = Math.floor(samples.length / 3);
  const least = (part: readonly Sample[], column: Column) =>
    Math.min(...part.map((sample) => sample[column]));
  return COLUMNS.filter((column) => {
    const before = least(samples.slice(third, 2 * third), column);
    return least(samples.slice(2 * third), column) > before * 1.2 + WATCHED[column].slack;
  });
}

class Load {
  readonly outcomes = new Map<string, number>();
  readonly #created: string[] = [];
  readonly #known = new Set<string>();

  constructor(
    private readonly gateway: GatewayProcess,
    private readonly simulator: TestSimulator,
  ) {}

  /** One query or mutation. */
  async operate(): Promise<void> {
    const { url } = this.gateway;
    const { headers } = this.simulator;
    if (Math.random() < 0.1) {
      // A small set of keys: records are kept for 24 hours, so that new keys for ever would be growth by design.
      const key = Math.random() < 0.7 ? { idempotencyKey: `soak-${Math.floor(Math.random() * KEYS)}` } : {};
      const request = { query: CREATE, variables: { input: { ...sampleInput(), ...key } } };
      const { body } = await post(url, request, headers);
      this.#count(body.errors?.[0]?.extensions.code);
      this.#forget(body.data?.createTrainingJobVersion?.versionId);
      return;
    }
    const { body } = await post(url, { query: pick(QUERIES), variables: { job: pick(JOBS) } }, headers);
    this.#count(body.errors?.[0]?.extensions.code);
  }

  /** One subscription, for a while, over one of the two streams. */
  async watch(signal: AbortSignal): Promise<void> {
    const request = { query: WATCH, variables: { job: pick(JOBS) } };
    const pause = sleep(200 + Math.random() * 5_000, undefined, { signal }).catch(() => undefined);
    if (Math.random() < 0.5) {
      const stream = await openEventStream(this.gateway.url, request, this.simulator.headers);
      await pause;
      stream.close();
      await stream.ended;
      return;
    }
    const client = webSocketClient(this.gateway.url, this.simulator.headers);
    const received = collect(client, request);
    await pause;
    // The client library fails on a socket that is cut before it is open.
    if (received.events.length > 0 && Math.random() < 0.5) client.terminate();
    await client.dispose();
  }

  #count(code: string | undefined): void {
    const outcome = code ?? "ok";
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  /** Keeps the number of versions even, so that what grows is the gateway's own. */
  #forget(versionId: string | undefined): void {
    if (versionId === undefined || this.#known.has(versionId)) return;
    this.#known.add(versionId);
    this.#created.push(versionId);
    if (this.#created.length > KEPT_VERSIONS) this.simulator.dropVersion("10", this.#created.shift() ?? "");
  }
}

/** Runs tasks of that kind until the signal; one that fails is counted, not fatal: faults are part of the load. */
async function keepDoing(task: () => Promise<void>, pauseMs: number, signal: AbortSignal): Promise<number> {
  let failures = 0;
  while (!signal.aborted) {
    const [result] = await Promise.allSettled([task(), sleep(pauseMs)]);
    if (result.status === "rejected") failures += 1;
  }
  return failures;
}

async function disturb(simulator: TestSimulator, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(4_000, undefined, { signal }).catch(() => undefined);
    const fault = simulator.faults.add(pick(FAULTS));
    await sleep(2_000, undefined, { signal }).catch(() => undefined);
    fault.remove();
  }
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

/** What is still open once everybody has left; sockets that answer no close are let go after 30 s. */
async function leftOpen(gateway: GatewayProcess): Promise<string[]> {
  const end = performance.now() + 40_000;
  for (;;) {
    const sample = await takeSample(gateway);
    const open = (["streams", "subscribers"] as const).filter((column) => sample[column] > 0);
    if (open.length === 0 || performance.now() > end) {
      show("at rest", sample);
      return open.map((column) => `${sample[column]} ${column} left open`);
    }
    await sleep(200);
  }
}

async function main(): Promise<number> {
  await using redis = options["no-redis"] ? undefined : await startRedis();
  await using simulator = await startSimulator({ clock: { mode: "real" }, timeScale: 5 });
  await using gateway = await startGateway({
    MODELARTS_ENDPOINT: simulator.url,
    ...(redis && { REDIS_URL: redis.url }),
    STATUS_POLL_INTERVAL_MS: "200",
    STATUS_HISTORY_LENGTH: "64",
    UPSTREAM_TIMEOUT_MS: "1000",
    UPSTREAM_BUDGET_MS: "2000",
    // The line that says where it listens is one of level info.
    LOG_LEVEL: "info",
  });
  console.log(
    `${RATE} operations a second and ${STREAMS} streams for ${options.minutes} min, Redis: ${redis?.url ?? "none"}`,
  );
  const problems = await soak(gateway, simulator);
  for (const problem of problems) console.error(`FAILED: ${problem}`);
  if (problems.length === 0) console.log("Nothing grew, nothing was left open.");
  return problems.length > 0 ? 1 : 0;
}

process.exit(await main());
