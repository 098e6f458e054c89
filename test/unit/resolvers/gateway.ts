import { type ExecutionResult, graphql, parse, subscribe } from "graphql";
import { GatewayContext, type Services } from "../../../src/context.js";
import {
  type Caller,
  type CreatedVersion,
  type StatusEvent,
  statusFromCode,
  type TrainingJobVersion,
} from "../../../src/domain/index.js";
import { GatewayError, type Violation } from "../../../src/errors.js";
import type { CreationRequest, WatchRequest } from "../../../src/ports.js";
import { buildGatewaySchema } from "../../../src/schema.js";
import { aJob, id } from "./entities.js";
import { Project, sampleContents } from "./project.js";

const schema = buildGatewaySchema();
const caller: Caller = { projectId: "p", credential: { kind: "token", token: "t" }, credentialId: "c" };

/** The resolvers in front of a project in memory, without transports and caches. */
export class Gateway {
  /** What reached the upstream or was invalidated, in order. */
  readonly done: string[] = [];
  readonly creations: CreationRequest[] = [];
  readonly watched: WatchRequest[] = [];
  created: CreatedVersion = {
    jobId: id("10"),
    versionId: id("21"),
    jobName: "TestModelArtsJob",
    versionName: "V0002",
    ...statusFromCode(1),
    createTime: 1_524_189_990_635,
  };
  /** True when the key has been used before: the creation is then answered without its rules. */
  isRepeat = false;
  stopFailure: Error | undefined;
  events: StatusEvent[] = [];
  private isUnknown = false;

  constructor(readonly project = new Project()) {}

  private services(): Services {
    const { project } = this;
    return {
      lookups: {
        forRequest: () => project,
        invalidateJob: async (projectId, jobId) => void this.done.push(`invalidate ${projectId} ${jobId}`),
        observeJob: async () => {},
        close: async () => {},
      },
      upstream: {
        createVersion: async () => this.created,
        stopVersion: async (call, jobId, versionId) => this.stop(`${call.priority} ${jobId}/${versionId}`),
      },
      creation: { create: (request) => this.create(request), drain: async () => {} },
      watch: {
        subscribe: (request) => this.watch(request),
        recordCreation: async () => {},
        close: async () => {},
      },
    };
  }

  private async create(request: CreationRequest): Promise<CreatedVersion> {
    this.creations.push(request);
    if (!this.isRepeat) await request.checkRules();
    this.done.push("create");
    return this.created;
  }

  private stop(what: string): void {
    this.done.push(`stop ${what}`);
    if (this.stopFailure) throw this.stopFailure;
  }

  private async *watch(request: WatchRequest): AsyncGenerator<StatusEvent, void, undefined> {
    this.watched.push(request);
    yield* this.events;
  }

  private context(): GatewayContext {
    return new GatewayContext(this.services(), {
      requestId: "r",
      quotaKey: "q",
      identify: () => {
        if (this.isUnknown) throw new GatewayError("UNAUTHENTICATED", "Send a token.");
        return caller;
      },
    });
  }

  /** From now on requests carry no valid credential. */
  refuseIdentity(): void {
    this.isUnknown = true;
  }

  /** Runs a query or mutation. */
  run(source: string, variableValues: Record<string, unknown> = {}): Promise<ExecutionResult> {
    return graphql({ schema, source, variableValues, contextValue: this.context() });
  }

  /** Runs a subscription to its end; an answer without events is one result with errors. */
  async follow(source: string, variableValues: Record<string, unknown> = {}): Promise<ExecutionResult[]> {
    const document = parse(source);
    const stream = await subscribe({ schema, document, variableValues, contextValue: this.context() });
    if (!(Symbol.asyncIterator in stream)) return [stream];
    const results: ExecutionResult[] = [];
    for await (const result of stream) results.push(result);
    return results;
  }
}

/** A gateway in front of a project whose job 10 has these versions, newest first. */
export function gatewayWith(...versions: TrainingJobVersion[]): Gateway {
  return new Gateway(new Project({ ...sampleContents(), jobs: [aJob("10", versions)] }));
}

/** The data of an answer as plain JSON; fails when it carries errors. */
export function dataOf(result: ExecutionResult): unknown {
  if (result.errors) throw new Error(result.errors.map(String).join("\n"));
  return JSON.parse(JSON.stringify(result.data));
}

/** The gateway's own error that an answer carries. */
export function errorOf(result: ExecutionResult): GatewayError {
  const original = result.errors?.[0]?.originalError;
  if (original instanceof GatewayError) return original;
  throw new Error(`No gateway error in ${JSON.stringify(result)}`);
}

/** Path and rule of every violation that an answer reports. */
export function brokenRulesOf(result: ExecutionResult): string[] {
  return errorOf(result).details.violations?.map(nameOf) ?? [];
}

/** A violation in one line. */
export function nameOf({ path, rule }: Violation): string {
  return `${path.join(".")}: ${rule}`;
}
