import type { Clock } from "../../../src/clock.js";
import {
  type Caller,
  type CreatedVersion,
  compareLongIds,
  type JobWithVersions,
  type LongId,
  type NewVersion,
  statusFromCode,
  type TrainingJobVersion,
} from "../../../src/domain/index.js";
import { GatewayError } from "../../../src/errors.js";
import type { UpstreamCall } from "../../../src/ports.js";
import { versionOf } from "./samples.js";

/**
 * What becomes of one POST. `cut-after`: processed, and the connection cut before the answer; `cut-before`: not
 * processed, and the connection cut all the same; `hang-after` and `hang-before`: the same without an end.
 */
export type PostFate =
  | "answered"
  | "cut-after"
  | "cut-before"
  | "hang-after"
  | "hang-before"
  | GatewayError
  | Promise<unknown>;

export function cut(): GatewayError {
  return new GatewayError("UPSTREAM_UNAVAILABLE", "The connection to ModelArts was lost.", {
    outcome: "unknown",
  });
}

/** The upstream's port with one project's jobs in memory: what it does with each POST is said beforehand. */
export class TestUpstream {
  readonly posts: { call: UpstreamCall; version: NewVersion }[] = [];
  readonly lists: UpstreamCall[] = [];
  /** The fates of the next POSTs; `answered` when none is left. */
  readonly fates: PostFate[] = [];
  versions: TrainingJobVersion[] = [];
  complete = true;
  /** Fails the lists of these credentials. */
  readonly refused = new Map<string, GatewayError>();
  /** What a list waits for. */
  listGate: Promise<unknown> = Promise.resolve();
  /** How far the upstream's clock is ahead of the gateway's (ms). */
  aheadMs = 0;
  /** Whether the gateway has seen an answer with a date. */
  dateSeen = true;
  private nextId = 100;

  constructor(private readonly clock: Clock) {}

  estimatedTime = (): number | undefined => (this.dateSeen ? this.now() - (this.now() % 1_000) : undefined);

  now(): number {
    return this.clock.now() + this.aheadMs;
  }

  createVersion = async (call: UpstreamCall, version: NewVersion): Promise<CreatedVersion> => {
    this.posts.push({ call, version });
    const fate = this.fates.shift() ?? "answered";
    if (fate instanceof Promise) await fate;
    if (fate instanceof GatewayError) throw fate;
    if (fate === "hang-before") return new Promise(() => {});
    if (fate === "cut-before") throw cut();
    const created = this.add(version);
    if (fate === "hang-after") return new Promise(() => {});
    if (fate === "cut-after") throw cut();
    const { jobId, versionId, jobName, versionName, status, statusCode, createTime } = created;
    return { jobId, versionId, jobName, versionName, status, statusCode, createTime };
  };

  listVersions = async (call: UpstreamCall, jobId: LongId): Promise<JobWithVersions> => {
    this.lists.push(call);
    const refusal = this.refused.get(call.caller.credentialId);
    if (refusal) throw refusal;
    const versions = this.versions.toSorted((a, b) => compareLongIds(b.versionId, a.versionId));
    await this.listGate;
    this.dateSeen = true;
    return {
      jobId,
      jobName: "job",
      jobDesc: "",
      versionCount: versions.length,
      versions,
      complete: this.complete,
    };
  };

  /** As if somebody had created it past the gateway. */
  add(version: NewVersion, overrides: Partial<TrainingJobVersion> = {}): TrainingJobVersion {
    const added = {
      ...versionOf(version),
      ...statusFromCode(1),
      versionId: String(this.nextId++) as LongId,
      createTime: this.now(),
      ...overrides,
    };
    this.versions.push(added);
    return added;
  }
}

/** Proofs of access that hold until they are revoked or forgotten. */
export class TestProofs {
  private readonly held = new Set<string>();
  readonly record = (caller: Caller): void => void this.held.add(caller.credentialId);
  readonly revoke = (caller: Caller): void => void this.held.delete(caller.credentialId);
  readonly holds = async (caller: Caller): Promise<boolean> => this.held.has(caller.credentialId);
  readonly forgetAll = (): void => this.held.clear();
}
