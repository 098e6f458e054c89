import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { FaultSpec } from "../../simulator/faults/fault.js";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.js";
import { type GraphqlAnswer, post } from "../support/graphql-client.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { startSimulator, type TestSimulator } from "../support/simulator.js";

const CALLERS = 200;
const REPLICAS = 3;
/** More repeats than any caller needs who does what his error says. */
const MAX_REPEATS = 100;

type SeenError = NonNullable<GraphqlAnswer["body"]["errors"]>[number];

interface Outcome {
  versionId: string;
  /** What the caller was told before he had the version. */
  told: SeenError[];
}

/** Does what the errors say until the version is there. */
async function createPatiently(send: () => Promise<GraphqlAnswer>): Promise<Outcome> {
  const told: SeenError[] = [];
  for (;;) {
    const { body } = await send();
    const versionId = body.data?.createTrainingJobVersion?.versionId;
    if (versionId !== undefined) return { versionId, told };
    const error = body.errors?.[0];
    if (error === undefined || told.length === MAX_REPEATS) throw new Error(JSON.stringify({ body, told }));
    told.push(error);
    await sleep(error.extensions.retryAfterMs ?? 50);
  }
}

const UPSTREAM_HABITS: [string, FaultSpec[]][] = [
  ["cuts the connection after it has processed the POST", [{ kind: "reset", when: "after", times: 1 }]],
  ["cuts the connection before it has processed the POST", [{ kind: "reset", when: "before", times: 1 }]],
  ["does not answer in time although it has processed the POST", [{ kind: "hang", when: "after", times: 1 }]],
  [
    "cuts every second connection, half of them after processing",
    [
      { kind: "reset", when: "before", probability: 0.5, times: 2 },
      { kind: "reset", when: "after", probability: 0.5, times: 2 },
    ],
  ],
  ["works", []],
];

describe(`${CALLERS} concurrent creations with one key over ${REPLICAS} replicas`, () => {
  let simulator: TestSimulator;
  let replicas: GatewayProcess[];

  beforeAll(async () => {
    simulator = await startSimulator({ clock: { mode: "real" } });
    const env = {
      MODELARTS_ENDPOINT: simulator.url,
      REDIS_URL: inject("redisUrl"),
      REDIS_KEY_PREFIX: `test:${randomUUID()}:`,
      UPSTREAM_TIMEOUT_MS: "250",
    };
    replicas = await Promise.all(Array.from({ length: REPLICAS }, () => startGatewayProcess(env)));
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
    await simulator[Symbol.asyncDispose]();
  });

  it.each(UPSTREAM_HABITS)(
    "make one version that every caller gets, at once or by doing what his error says: the upstream %s",
    async (_, faults) => {
      const job = simulator.addJob({ name: "one-intent" });
      const previous = simulator.addVersion(job.id);
      const sample = sampleInput();
      const input = {
        ...sample,
        jobId: String(job.id),
        idempotencyKey: randomUUID(),
        config: { ...sample.config, preVersionId: String(previous.id) },
      };
      const added = faults.map((fault) => simulator.faults.add({ ...fault, route: "createVersion" }));

      const outcomes = await Promise.all(
        Array.from({ length: CALLERS }, (_item, caller) => {
          const { url } = replicas[caller % REPLICAS] as GatewayProcess;
          return createPatiently(() => post(url, { query: CREATE, variables: { input } }, simulator.headers));
        }),
      );

      for (const fault of added) fault.remove();
      expect(job.versions).toHaveLength(2);
      expect([...new Set(outcomes.map(({ versionId }) => versionId))]).toEqual([
        String(job.versions.find(({ id }) => id !== previous.id)?.id),
      ]);
      const messages = outcomes.flatMap(({ told }) => told.map(({ message }) => message));
      expect(messages.filter((text) => !text.includes("Repeat the same input"))).toEqual([]);
    },
  );
});
