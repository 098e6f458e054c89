import { pino } from "pino";
import { expect, test } from "vitest";
import { createProofs } from "../../../src/cache/index.js";
import type { JobWithVersions, LongId } from "../../../src/domain/index.js";
import { GatewayError } from "../../../src/errors.js";
import { JobAccess } from "../../../src/watch/access.js";
import { FakeClock } from "../../support/fake-clock.js";
import { silentCacheEvents, silentWatchEvents } from "../../support/silent-events.js";
import { until } from "../../support/until.js";
import { caller, id, job } from "../cache/data.js";

test("a poll's success is the proof that a credential waits for whose own call has failed", async () => {
  const clock = new FakeClock();
  const asked: string[] = [];
  const poll = async ({ priority }: { priority: string }, _jobId: LongId): Promise<JobWithVersions> => {
    asked.push(priority);
    if (priority === "lookup") throw new GatewayError("UPSTREAM_UNAVAILABLE", "not now");
    return job([]);
  };
  const proofs = createProofs({
    store: undefined,
    // Each is too old at once: only what happens while it is waited for counts.
    proofTtlMs: 0,
    clock,
    events: silentCacheEvents,
  });
  const access = new JobAccess({
    caller: caller(),
    requestId: "request-1",
    jobId: id(10),
    poll,
    proofs,
    clock,
    random: () => 0.5,
    events: silentWatchEvents,
    log: pino({ level: "silent" }),
    onRefused() {},
  });
  const mayRead = access.ensure();
  await until("it waits to ask again", () => asked.length === 1 && clock.sleeping > 0);
  await access.call("poll");
  expect(await mayRead).toBe(true);
  expect(asked).toEqual(["lookup", "poll"]);
});
