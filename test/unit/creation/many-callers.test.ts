import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { FaultSpec } from "../../../simulator/faults/fault.js";
import { systemClock } from "../../../src/clock.js";
import {
  createRedisIdempotencyStore,
  createVersionCreation,
  silentCreationEvents,
} from "../../../src/creation/index.js";
import type { Caller, CreatedVersion } from "../../../src/domain/index.js";
import { GatewayError } from "../../../src/errors.js";
import type { VersionCreation } from "../../../src/ports.js";
import { connectTestRedis } from "../../support/redis.js";
import { startSimulator } from "../../support/simulator.js";
import { clientOf } from "../../support/upstream-client.js";
import { sampleVersion } from "./samples.js";
import { TestProofs } from "./test-upstream.js";

const UPSTREAM_TIMEOUT_MS = 500;
const CALLERS = 200;

/** Three replicas, each with connections of its own to one Redis and one upstream. */
async function startReplicas(endpoint: string): Promise<AsyncDisposable & { replicas: VersionCreation[] }> {
  const keyPrefix = `test:${randomUUID()}:`;
  const closers: (() => Promise<void>)[] = [];
  const replicas: VersionCreation[] = [];
  for (let i = 0; i < 3; i += 1) {
    const redis = await connectTestRedis({ keyPrefix });
    const store = createRedisIdempotencyStore(redis, { clock: systemClock });
    const upstream = clientOf(endpoint, { timeoutMs: UPSTREAM_TIMEOUT_MS });
    closers.push(
      store.close,
      () => redis.close(),
      () => upstream.close(),
    );
    replicas.push(
      createVersionCreation({
        upstream,
        listVersions: upstream.listVersions,
        lookups: { invalidateJob: async () => {} },
        watch: { recordCreation: async () => {} },
        proofs: new TestProofs(),
        store,
        upstreamTimeoutMs: UPSTREAM_TIMEOUT_MS,
        log: pino({ level: "silent" }),
        clock: systemClock,
        events: silentCreationEvents,
      }),
    );
  }
  return {
    replicas,
    async [Symbol.asyncDispose]() {
      await Promise.all(replicas.map((replica) => replica.drain()));
      for (const close of closers) await close();
    },
  };
}

interface Outcome {
  created: CreatedVersion;
  /** What it was told before it had the version. */
  told: GatewayError[];
}

/** Does what the errors say until the version is there. */
async function createPatiently(send: () => Promise<CreatedVersion>): Promise<Outcome> {
  const told: GatewayError[] = [];
  for (;;) {
    try {
      return { created: await send(), told };
    } catch (error) {
      if (!(error instanceof GatewayError) || told.length === 100) throw error;
      told.push(error);
      await sleep(error.details.retryAfterMs ?? 50);
    }
  }
}

const UPSTREAM_HABITS: [string, FaultSpec[]][] = [
  ["cuts the connection after it has processed the POST", [{ kind: "reset", when: "after", times: 1 }]],
  ["cuts the connection in the middle of its answer", [{ kind: "reset", when: "mid-answer", times: 1 }]],
  ["cuts the connection before it has processed the POST", [{ kind: "reset", when: "before", times: 1 }]],
  ["does not answer in time although it has processed the POST", [{ kind: "hang", when: "after", times: 1 }]],
  ["answers a proxy's page instead", [{ kind: "garbage", form: "html", status: 502, times: 1 }]],
  [
    "cuts every second connection, half of them after processing",
    [
      { kind: "reset", when: "before", probability: 0.5, times: 2 },
      { kind: "reset", when: "after", probability: 0.5, times: 2 },
    ],
  ],
  ["works", []],
];

describe(`${CALLERS} concurrent creations with one key over three replicas`, () => {
  it.each(UPSTREAM_HABITS)(
    "make one version that every caller gets, at once or by doing what his error says: the upstream %s",
    async (_, faults) => {
      await using simulator = await startSimulator({ clock: { mode: "real" } });
      await using started = await startReplicas(simulator.url);
      for (const fault of faults) simulator.faults.add({ ...fault, route: "createVersion" });
      const { token, projectId } = simulator;
      const caller: Caller = { projectId, credential: { kind: "token", token }, credentialId: "hash" };
      const before = simulator.store.job(projectId, 10).versions.length;

      const outcomes = await Promise.all(
        Array.from({ length: CALLERS }, (_item, i) =>
          createPatiently(() => {
            const replica = started.replicas[i % 3];
            if (!replica) throw new Error("there are three replicas");
            return replica.create({
              caller,
              requestId: `request-${i}`,
              version: sampleVersion(),
              idempotencyKey: "one-intent",
              checkRules: async () => {},
            });
          }),
        ),
      );

      expect(simulator.store.job(projectId, 10).versions.length).toBe(before + 1);
      expect(new Set(outcomes.map(({ created }) => created.versionId)).size).toBe(1);
      const messages = outcomes.flatMap(({ told }) => told.map(({ message }) => message));
      expect(messages.filter((text) => !text.includes("Repeat the same input"))).toEqual([]);
    },
  );
});
