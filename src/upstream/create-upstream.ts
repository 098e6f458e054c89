import type { Clock } from "../clock.js";
import type { UpstreamConfig } from "../config/index.js";
import { GatewayError } from "../errors.js";
import type { Logger } from "../observability/logger.js";
import type { Upstream, UpstreamCall } from "../ports.js";
import { createAttempt } from "./attempt.js";
import { createCredentials } from "./auth/credentials.js";
import { sourced } from "./decode/sourced.js";
import type { UpstreamEvents } from "./events.js";
import { createProbe } from "./probe.js";
import { RetryingRequester } from "./requester.js";
import { type CallBudget, QueuedCallBudget, unlimitedCallBudget } from "./resilience/call-budget.js";
import { Circuits } from "./resilience/circuits.js";
import type { Priority } from "./resilience/fair-queue.js";
import { Gate } from "./resilience/gate.js";
import { Health } from "./resilience/health.js";
import { ceilingsOf, type LocalPermitSource, LocalPermits, type PermitSource } from "./resilience/permits.js";
import { createVersionRequest, decodeCreatedVersion } from "./resources/create-version.js";
import { decodeJobPage, listJobsRequest } from "./resources/jobs.js";
import {
  decodeEngineSpecs,
  decodeResourceSpecs,
  listEngineSpecsRequest,
  listResourceSpecsRequest,
} from "./resources/specs.js";
import { stopVersionRequest } from "./resources/stop-version.js";
import { getVersionRequest, listAllVersions, readVersionDetails } from "./resources/versions.js";
import type { Requester } from "./rest-request.js";
import { createTransport } from "./transport/transport.js";

export interface UpstreamOptions {
  config: UpstreamConfig;
  log: Logger;
  clock: Clock;
  /** From 0 to 1; spreads retries. */
  random: () => number;
  events: UpstreamEvents;
  /**
   * Shares UPSTREAM_CALLS_PER_MINUTE among replicas: makes of this replica's own permits those of all. Without it this
   * replica has the limit for itself.
   */
  sharePermits?: SharePermits;
}

/** @param ceilings how many calls there may have been within the minute when one of that priority is permitted */
export type SharePermits = (
  local: LocalPermitSource,
  ceilings: Readonly<Record<Priority, number>>,
) => PermitSource;

/** The upstream, with its sign of life. */
export interface ModelArtsUpstream extends Upstream {
  /**
   * Asks the upstream for a sign of life, without a credential, if it counts as away; resolves when
   * `degradedReason()` is up to date. Never rejects.
   */
  probe(): Promise<void>;
}

/** So many calls may wait for each connection. */
const WAITING_PER_CONNECTION = 16;

/** So many calls may wait for their share of the calls per minute. */
const WAITING_FOR_BUDGET = 1_000;

/** Readiness must not wait longer. */
const MAX_PROBE_MS = 2_000;

const BUSY_RETRY_AFTER_MS = 1_000;

function createGate({ config, clock, events }: UpstreamOptions): Gate {
  return new Gate({
    permits: config.maxConnections,
    capacity: config.maxConnections * WAITING_PER_CONNECTION,
    clock,
    onLength: (length) => events.waiting("connection", length),
    refusal: ({ priority }) =>
      new GatewayError(
        "UPSTREAM_UNAVAILABLE",
        "Too many calls to ModelArts are waiting in this gateway: repeat the operation later.",
        { retryAfterMs: BUSY_RETRY_AFTER_MS, ...(priority === "mutation" && { outcome: "not-sent" }) },
      ),
  });
}

function createBudget({ config, clock, events, sharePermits }: UpstreamOptions): CallBudget {
  const { callsPerMinute } = config;
  if (callsPerMinute === 0) return unlimitedCallBudget;
  const local = new LocalPermits({ callsPerMinute, clock });
  return new QueuedCallBudget({
    permits: sharePermits?.(local, ceilingsOf(callsPerMinute)) ?? local,
    capacity: WAITING_FOR_BUDGET,
    clock,
    onLength: (length) => events.waiting("call-budget", length),
  });
}

function createResources(requester: Requester<UpstreamCall>) {
  return {
    listJobs: (call, query) =>
      requester.read(call, listJobsRequest(query)).then((answer) => sourced(answer, decodeJobPage)),
    listVersions: (call, jobId) => {
      const deadline = requester.deadline();
      return listAllVersions(jobId, (request) => requester.read(call, request, deadline));
    },
    getVersion: (call, jobId, versionId) =>
      requester
        .read(call, getVersionRequest(jobId, versionId))
        .then((answer) => readVersionDetails(answer, jobId)),
    listResourceSpecs: (call, query) =>
      requester
        .read(call, listResourceSpecsRequest(query))
        .then((answer) => sourced(answer, decodeResourceSpecs)),
    listEngineSpecs: (call, jobType) =>
      requester
        .read(call, listEngineSpecsRequest(jobType))
        .then((answer) => sourced(answer, decodeEngineSpecs)),
    createVersion: (call, version) =>
      requester
        .write(call, createVersionRequest(version))
        .then(({ body }) => decodeCreatedVersion(body, version.jobId)),
    stopVersion: async (call, jobId, versionId) => {
      await requester.write(call, stopVersionRequest(jobId, versionId));
    },
  } satisfies Partial<Upstream>;
}

/** The client of the ModelArts training management API, REST v1. */
export function createUpstream(options: UpstreamOptions): ModelArtsUpstream {
  const { config, log, clock, random, events } = options;
  const { endpoint, timeoutMs, budgetMs } = config;
  const basePath = new URL(endpoint).pathname.replace(/\/+$/, "");
  const transport = createTransport({
    endpoint,
    connections: config.maxConnections,
    connectTimeoutMs: timeoutMs,
    clock,
  });
  const health = new Health(clock.now);
  const credentials = createCredentials({ identity: config.identity, timeoutMs, clock, random, log, events });
  const gate = createGate(options);
  const budget = createBudget(options);
  const circuits = new Circuits({ now: clock.now, log, events });
  const attempt = createAttempt({ basePath, transport, credentials, health, now: clock.now, events });
  const requester = new RetryingRequester({
    timeoutMs,
    budgetMs,
    attempt,
    credentials,
    circuits,
    gate,
    budget,
    clock,
    random,
    log,
    events,
  });
  const probeTimeoutMs = Math.min(timeoutMs, MAX_PROBE_MS);
  return {
    ...createResources(requester),
    estimatedTime: () => health.estimatedTime(),
    degradedReason: () => health.degradedReason(),
    probe: createProbe({ transport, health, path: `${basePath}/`, timeoutMs: probeTimeoutMs }),
    async close() {
      gate.refuseAll(
        new GatewayError("UPSTREAM_UNAVAILABLE", "This gateway is shutting down.", { outcome: "not-sent" }),
      );
      await budget.close();
      await credentials.close();
      await transport.close();
    },
  };
}
