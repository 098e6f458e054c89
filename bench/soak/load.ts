import { setTimeout as sleep } from "node:timers/promises";
import { openEventStream } from "../../test/support/event-stream.js";
import { collect, post, webSocketClient } from "../../test/support/graphql-client.js";
import { CREATE, sampleInput } from "../../test/support/sample.js";
import type { TestSimulator } from "../../test/support/simulator.js";
import type { GatewayProcess } from "./gateway.js";

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

/** Mixed operations, streams and faults. */
export class Load {
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

/** Every few seconds another fault of the upstream, for two seconds. */
export async function disturb(simulator: TestSimulator, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(4_000, undefined, { signal }).catch(() => undefined);
    const fault = simulator.faults.add(pick(FAULTS));
    await sleep(2_000, undefined, { signal }).catch(() => undefined);
    fault.remove();
  }
}
