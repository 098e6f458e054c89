import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect, webSocketClient } from "../support/graphql-client.js";
import { LASTING, ReplicaPair, type Which } from "../support/replica-pair.js";
import { STATUS } from "../support/simulator.js";
import { until } from "../support/until.js";

const BOTH: readonly Which[] = [0, 1];
const LIST = "query ($j: ID!) { trainingJob(jobId: $j) { versions { versionId status } } }";
const DETAILS =
  "query ($j: ID!, $v: ID!) { trainingJobVersion(jobId: $j, versionId: $v) { status specCode } }";
/** Specifications for an engine that nobody else asks for, and how many there are. */
const SPECS = "query ($e: ID!) { resourceSpecs(engineId: $e) { specId } }";
const CHANGES = "subscription ($j: ID!) { trainingJobStatusChanged(jobId: $j) { versionId status } }";

// Long enough for a busy machine to see what is given past its end.
const ACTIVE_MS = 5_000;
const SPECS_MS = 300;

describe.concurrent("two replicas whose answers grow old", () => {
  let pair: ReplicaPair;
  beforeAll(async () => {
    pair = await ReplicaPair.start({
      ...LASTING,
      CACHE_TTL_ACTIVE_MS: String(ACTIVE_MS),
      CACHE_TTL_SPECS_MS: String(SPECS_MS),
      STATUS_POLL_INTERVAL_MS: "50",
      STATUS_POLL_MAX_INTERVAL_MS: "100",
    });
  });
  afterAll(() => pair[Symbol.asyncDispose]());

  it("refresh a hot key by one call of one of them, give the old answer meanwhile, and for CACHE_TTL_ACTIVE_MS at most", async () => {
    const { simulator } = pair;
    const variables = { e: "1" };
    const calls = () => simulator.journal.count("listResourceSpecs");
    const old = (await pair.ask(0, SPECS, variables)).data.resourceSpecs;
    await pair.ask(1, SPECS, variables);
    const gotAt = performance.now();
    const before = calls();
    simulator.store.project(simulator.projectId).specs.shift();
    const held = simulator.faults.once({ route: "listResourceSpecs", kind: "hang" });
    await sleep(SPECS_MS);
    const refreshing = pair.ask(0, SPECS, variables);
    await held.reached(1);
    for (const { data } of await Promise.all(BOTH.map((which) => pair.ask(which, SPECS, variables))))
      expect(data.resourceSpecs).toEqual(old);
    expect(await pair.metric(1, "cache_stale_served_total", { kind: "specs" })).toBeGreaterThan(0);
    expect(await pair.metric(0, "cache_refreshes_total", { kind: "specs" })).toBeGreaterThan(0);
    await sleep(gotAt + SPECS_MS + ACTIVE_MS - performance.now());
    const late = BOTH.map((which) => pair.ask(which, SPECS, variables));
    await until(
      "they wait",
      async () => (await pair.metric(1, "cache_coalesced_total", { where: "replica", kind: "specs" })) > 0,
    );
    held.release();
    for (const { data } of [await refreshing, ...(await Promise.all(late))])
      expect(data.resourceSpecs).toHaveLength(old.length - 1);
    expect(calls()).toBe(before + 1);
  });

  it("show what can change no older than CACHE_TTL_ACTIVE_MS, and ask no more for what cannot", async () => {
    const { simulator } = pair;
    const { id: j } = simulator.addJob();
    const running = simulator.addVersion(j, { status: STATUS.RUNNING }).id;
    const over = simulator.addVersion(j, { status: STATUS.COMPLETED }).id;
    const status = async (which: Which, v: bigint) =>
      (await pair.ask(which, DETAILS, { j: String(j), v: String(v) })).data.trainingJobVersion.status;
    for (const which of BOTH) {
      expect(await status(which, running)).toBe("RUNNING");
      expect(await status(which, over)).toBe("COMPLETED");
    }
    const readAt = performance.now();
    simulator.setStatus(j, running, STATUS.KILLING);
    await sleep(readAt + ACTIVE_MS - performance.now());
    for (const which of BOTH) {
      expect(await status(which, running)).toBe("KILLING");
      expect(await status(which, over)).toBe("COMPLETED");
    }
    expect(simulator.journal.entries({ versionId: String(over) })).toHaveLength(1);
  });

  it("show a change to whoever has heard of it from a subscription, whichever of them polls", async () => {
    const { simulator } = pair;
    const { id } = simulator.addJob();
    const j = String(id);
    const v = String(simulator.addVersion(id, { status: STATUS.WAITING }).id);
    const clients = BOTH.map((which) => webSocketClient(pair.replicas[which].url, simulator.headers));
    const heard = clients.map((client) =>
      collect<{ status: string }>(client, { query: CHANGES, variables: { j } }),
    );
    for (const [status, code] of [
      ["WAITING", STATUS.WAITING],
      ["RUNNING", STATUS.RUNNING],
      ["KILLING", STATUS.KILLING],
      ["KILLED", STATUS.KILLED],
    ] as const) {
      simulator.setStatus(id, v, code);
      await Promise.all(
        BOTH.map(async (which) => {
          await until(`it hears of ${status}`, () => heard[which]?.events.at(-1)?.status === status);
          const { data } = await pair.ask(which, LIST, { j });
          expect(data.trainingJob.versions).toEqual([{ versionId: v, status }]);
          const details = await pair.ask(which, DETAILS, { j, v });
          expect(details.data.trainingJobVersion.status).toBe(status);
        }),
      );
    }
    for (const client of clients) await client.dispose();
  });
});
