import { setTimeout as sleep } from "node:timers/promises";
import type { startUpstream } from "../probe.js";
import type { ServerProcess } from "../process/server-process.js";
import { type Usage, usageOf } from "../process/usage.js";
import type { Served } from "../upstream/status-changes.js";
import { VERSIONS_PER_JOB } from "../upstream/wire.js";
import { type Audience, type Seat, seatAudience } from "./audience.js";
import { dueDeliveries, judge, type Verdict } from "./delivery-check.js";
import type { SubscriberOptions } from "./options.js";

type ControlledUpstream = Awaited<ReturnType<typeof startUpstream>>;

const FIRST_EVENTS_DEADLINE_MS = 120_000;
/** A change that has not come by then is lost. */
const LAST_EVENTS_DEADLINE_MS = 20_000;
/** For memory to settle, and longer than the poll interval while statuses change. */
const SETTLE_MS = 3_000;
const KIB_PER_MIB = 1024;

export interface SubscriberResult extends Verdict {
  /** From the first socket to the last first event. */
  seatedMs: number;
  idleMiB: number;
  /** With everybody subscribed and nothing changing. */
  watchingMiB: number;
  changingMiB: number;
  kibPerSubscriber: number;
  kibPerSubscriberChanging: number;
  /** Of the gateway while statuses change; 1 is one core. */
  cpuShare: number;
  pollsPerSecond: number;
  eventsPerMinute: number;
  complaints: string[];
}

/** Subscribers spread evenly over the versions. */
function seatsOf({ subscribers, jobs, versionsPerJob }: SubscriberOptions): Seat[] {
  return Array.from({ length: subscribers }, (_, index) => ({
    jobId: (index % jobs) + 1,
    versionId: VERSIONS_PER_JOB - (Math.floor(index / jobs) % versionsPerJob),
  }));
}

async function until(isTrue: () => boolean, deadlineMs: number): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  while (!isTrue() && performance.now() < deadline) await sleep(20);
  return isTrue();
}

const totalOf = ({ deliveries }: Audience) => deliveries.reduce((sum, events) => sum + events.length, 0);

async function seat(server: ServerProcess, seats: readonly Seat[], perSocket: number) {
  const startedAt = performance.now();
  const url = `ws://127.0.0.1:${server.port}/graphql`;
  const audience = await seatAudience(url, "bench-token", seats, perSocket);
  const isSeated = () => audience.deliveries.every((events) => events.length > 0);
  if (!(await until(isSeated, FIRST_EVENTS_DEADLINE_MS))) {
    const complaint = audience.complaints[0] ?? "";
    audience.close();
    throw new Error(`Only ${totalOf(audience)} subscribers got a first event. ${complaint}`);
  }
  return { audience, seatedMs: performance.now() - startedAt };
}

/** Lets statuses change for a while; what the upstream showed of it, and what the gateway used meanwhile. */
async function change(upstream: ControlledUpstream, server: ServerProcess, options: SubscriberOptions) {
  const { jobs, versionsPerJob, subscribers, eventsPerMinute, seconds } = options;
  const pace = (changesPerSecond: number) =>
    upstream.control("/bench/changes", { jobs, versionsPerJob, changesPerSecond });
  const callsBefore = await upstream.calls();
  const before = usageOf(server.pid);
  const startedAt = performance.now();
  await pace((eventsPerMinute * versionsPerJob * jobs) / subscribers / 60);
  await sleep(seconds * 1000);
  await pace(0);
  const elapsedMs = performance.now() - startedAt;
  const after = usageOf(server.pid);
  const calls = (await upstream.calls()) - callsBefore;
  await sleep(SETTLE_MS);
  const served = (await upstream.control("/bench/served")) as Served[];
  return { before, after, elapsedMs, calls, served };
}

const kibPerSubscriber = (idle: Usage, later: Usage, subscribers: number) =>
  ((later.residentMiB - idle.residentMiB) * KIB_PER_MIB) / subscribers;

/** Seats the audience before a gateway that has just started, lets statuses change, and judges what came. */
export async function play(
  upstream: ControlledUpstream,
  server: ServerProcess,
  options: SubscriberOptions,
): Promise<SubscriberResult> {
  const { jobs, versionsPerJob, subscribers } = options;
  await upstream.control("/bench/changes", { jobs, versionsPerJob, changesPerSecond: 0 });
  await sleep(SETTLE_MS);
  const idle = usageOf(server.pid);
  const seats = seatsOf(options);
  const { audience, seatedMs } = await seat(server, seats, options.perSocket);
  try {
    await sleep(SETTLE_MS);
    const { before, after, elapsedMs, calls, served } = await change(upstream, server, options);
    const due = subscribers + dueDeliveries(seats, served);
    await until(() => totalOf(audience) >= due, LAST_EVENTS_DEADLINE_MS);
    const verdict = judge(seats, audience.deliveries, served);
    return {
      seatedMs,
      idleMiB: idle.residentMiB,
      watchingMiB: before.residentMiB,
      changingMiB: after.residentMiB,
      kibPerSubscriber: kibPerSubscriber(idle, before, subscribers),
      kibPerSubscriberChanging: kibPerSubscriber(idle, after, subscribers),
      cpuShare: ((after.cpuSeconds - before.cpuSeconds) * 1000) / elapsedMs,
      pollsPerSecond: (calls * 1000) / elapsedMs,
      eventsPerMinute: (verdict.delivered * 60_000) / elapsedMs,
      complaints: audience.complaints.slice(0, 10),
      ...verdict,
    };
  } finally {
    audience.close();
  }
}
