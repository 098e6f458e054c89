import { deepStrictEqual } from "node:assert";
import { pino } from "pino";
import { systemClock } from "../../src/clock.js";
import type { UpstreamConfig } from "../../src/config/index.js";
import type { Caller, LongId, NewVersion } from "../../src/domain/index.js";
import { GatewayError } from "../../src/errors.js";
import type { Sourced, UpstreamCall, UpstreamReads } from "../../src/ports.js";
import {
  createUpstream,
  type ModelArtsUpstream,
  type UpstreamEvents,
  type UpstreamOptions,
} from "../../src/upstream/index.js";
import { sampleInput } from "./sample.js";
import { silentUpstreamEvents } from "./silent-events.js";

export const id = (digits: string): LongId => digits as LongId;

export const tokenCaller: Caller = {
  projectId: "project-1",
  credential: { kind: "token", token: "token-of-a-caller" },
  credentialId: "hash-of-token",
};

export const serviceCaller: Caller = {
  projectId: "project-1",
  credential: { kind: "service" },
  credentialId: "service",
};

export function lookup(caller: Caller = tokenCaller, signal?: AbortSignal): UpstreamCall {
  return { caller, requestId: "request-1", priority: "lookup", ...(signal && { signal }) };
}

export function mutation(caller: Caller = tokenCaller, signal?: AbortSignal): UpstreamCall {
  return { ...lookup(caller, signal), priority: "mutation" };
}

/** The upstream's reads, with what they found alone. */
type PlainReads = {
  [R in keyof UpstreamReads]: UpstreamReads[R] extends (...args: infer A) => Promise<Sourced<infer V>>
    ? (...args: A) => Promise<V>
    : never;
};

/** The value, once its text has said the same again. */
export function plainValue<V>({ value, source }: Sourced<V>): V {
  if (source !== undefined) deepStrictEqual(source.read(), value);
  return value;
}

function plainReads(upstream: UpstreamReads): PlainReads {
  return {
    listJobs: (...args) => upstream.listJobs(...args).then(plainValue),
    listVersions: (...args) => upstream.listVersions(...args).then(plainValue),
    getVersion: (...args) => upstream.getVersion(...args).then(plainValue),
    listResourceSpecs: (...args) => upstream.listResourceSpecs(...args).then(plainValue),
    listEngineSpecs: (...args) => upstream.listEngineSpecs(...args).then(plainValue),
  };
}

/** A client of that endpoint. Retries follow one another at once unless told otherwise. */
export function clientOf(
  endpoint: string,
  config: Partial<UpstreamConfig> = {},
  options: Partial<UpstreamOptions> = {},
): PlainReads & Omit<ModelArtsUpstream, keyof UpstreamReads> & AsyncDisposable {
  const upstream = createUpstream({
    config: {
      endpoint,
      timeoutMs: 10_000,
      budgetMs: 15_000,
      maxConnections: 8,
      callsPerMinute: 0,
      ...config,
    },
    log: pino({ level: "silent" }),
    clock: systemClock,
    random: () => 0,
    events: silentUpstreamEvents,
    ...options,
  });
  return { ...upstream, ...plainReads(upstream), [Symbol.asyncDispose]: () => upstream.close() };
}

/** Events that tell when the client has begun to wait for its next attempt. */
export function retryCounter(): UpstreamEvents & { retries: number } {
  const counter = { ...silentUpstreamEvents, retries: 0 };
  counter.retry = () => {
    counter.retries += 1;
  };
  return counter;
}

/** A refused call's GatewayError; throws when the call succeeded or failed otherwise. */
export async function failureOf(call: Promise<unknown>): Promise<GatewayError> {
  const error = await call.then(
    () => new Error("The call succeeded"),
    (reason: unknown) => reason,
  );
  if (error instanceof GatewayError) return error;
  throw error;
}

const sample = sampleInput();
const { specId, engineId, preVersionId } = sample.config;

/** The vendor's sample request of "Creating a Version of a Training Job". */
export const vendorSample: NewVersion = {
  ...sample,
  jobId: id(sample.jobId),
  config: { ...sample.config, specId: id(specId), engineId: id(engineId), preVersionId: id(preVersionId) },
};
