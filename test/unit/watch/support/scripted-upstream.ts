import {
  type Caller,
  type CreatedVersion,
  codeOfStatus,
  type JobWithVersions,
  type LongId,
  statusFromCode,
  type TrainingJobStatus,
  type TrainingJobVersion,
} from "../../../../src/domain/index.js";
import { GatewayError } from "../../../../src/errors.js";
import type { UpstreamCall } from "../../../../src/ports.js";

export const JOB = "10" as LongId;

/** A caller of project `p` with that token. */
export function callerWith(token: string, projectId = "p"): Caller {
  return { projectId, credential: { kind: "token", token }, credentialId: `hash-of-${token}` };
}

export function versionOf(versionId: string, statusCode: number, createTime: number): TrainingJobVersion {
  return {
    coverage: "list",
    jobId: JOB,
    jobName: "job",
    jobDesc: "",
    versionId: versionId as LongId,
    versionName: `V${versionId}`,
    preVersionId: null,
    createTime,
    startTime: null,
    duration: null,
    engineType: null,
    engineId: null,
    engineName: null,
    engineVersion: null,
    modelId: null,
    appUrl: null,
    bootFileUrl: null,
    parameter: [],
    dataUrl: null,
    datasetId: null,
    datasetName: null,
    datasetVersionId: null,
    datasetVersionName: null,
    dataSource: [],
    trainUrl: null,
    logUrl: null,
    userImageUrl: null,
    userCommand: null,
    workerServerNum: 1,
    specId: null,
    specCode: null,
    core: null,
    cpu: null,
    gpuNum: null,
    gpuType: null,
    poolId: null,
    poolName: null,
    resourceId: null,
    volumes: [],
    modelMetricList: null,
    systemMetricList: null,
    ...statusFromCode(statusCode),
  };
}

/** What a creation answers at once. */
export function createdVersion(versionId: string, status: TrainingJobStatus = "INIT"): CreatedVersion {
  const statusCode = codeOfStatus(status);
  const named = { jobName: null, versionName: null };
  return { jobId: JOB, versionId: versionId as LongId, ...named, status, statusCode, createTime: null };
}

interface Answered {
  token: string;
  priority: UpstreamCall["priority"];
  jobId: LongId;
}

/** An upstream whose jobs, tokens and failures the test writes. */
export class ScriptedUpstream {
  /** Every call, in order. */
  readonly calls: Answered[] = [];
  /** The status codes that list calls have shown of each version, repeats left out. */
  readonly shown = new Map<string, number[]>();
  complete = true;
  readonly #jobs = new Map<string, Map<string, { code: number; createTime: number }>>();
  readonly #refusals = new Map<string, GatewayError>();
  #failure: { error: GatewayError; only: UpstreamCall["priority"] | undefined } | undefined;
  #gate: Promise<void> | undefined;

  /** Sets a version's status; the first time, the version is created. Later ones are newer. */
  set(versionId: string, status: TrainingJobStatus | number, jobId: string = JOB): void {
    const versions = this.#jobs.get(jobId) ?? new Map<string, { code: number; createTime: number }>();
    this.#jobs.set(jobId, versions);
    const code = typeof status === "number" ? status : codeOfStatus(status);
    const known = versions.get(versionId);
    versions.set(versionId, { code, createTime: known?.createTime ?? 1_000 + Number(versionId) });
  }

  remove(versionId: string): void {
    this.#jobs.get(JOB)?.delete(versionId);
  }

  removeJob(): void {
    this.#jobs.delete(JOB);
  }

  /** Every call with this token fails from now on. */
  refuse(token: string, code: "UNAUTHENTICATED" | "FORBIDDEN" | "NOT_FOUND" = "UNAUTHENTICATED"): void {
    this.#refusals.set(token, new GatewayError(code, `refused: ${code}`));
  }

  /** Every call, or every one of that priority, fails from now on; undefined: no call does. */
  fail(error: GatewayError | undefined, only?: UpstreamCall["priority"]): void {
    this.#failure = error && { error, only };
  }

  /** Answers are what is true when they are given, and they are not given before `open()`. */
  hold(): { open(): void } {
    let open = (): void => {};
    this.#gate = new Promise((resolve) => {
      open = () => {
        this.#gate = undefined;
        resolve();
      };
    });
    return { open };
  }

  /** Calls that were made only to prove access. */
  get proofs(): Answered[] {
    return this.calls.filter((call) => call.priority === "lookup");
  }

  get polls(): Answered[] {
    return this.calls.filter((call) => call.priority === "poll");
  }

  poll = async (call: UpstreamCall, jobId: LongId): Promise<JobWithVersions> => {
    const token = call.caller.credential.kind === "token" ? call.caller.credential.token : "service";
    this.calls.push({ token, priority: call.priority, jobId });
    await this.#gate;
    call.signal?.throwIfAborted();
    const { error, only = call.priority } = this.#failure ?? {};
    const failure = error && only === call.priority ? error : this.#refusals.get(token);
    if (failure) throw failure;
    const versions = this.#jobs.get(jobId);
    if (!versions) throw new GatewayError("NOT_FOUND", "no such job");
    if (call.priority === "poll") this.#note(versions);
    return {
      jobId,
      jobName: "job",
      jobDesc: "",
      versionCount: versions.size,
      complete: this.complete,
      versions: [...versions]
        .map(([id, { code, createTime }]) => versionOf(id, code, createTime))
        .toReversed(),
    };
  };

  #note(versions: Map<string, { code: number }>): void {
    for (const [id, { code }] of versions) {
      const shown = this.shown.get(id) ?? [];
      if (shown.at(-1) !== code) shown.push(code);
      this.shown.set(id, shown);
    }
  }
}
