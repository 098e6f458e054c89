import type { CacheConfig } from "../config/index.js";
import type {
  Caller,
  EngineSpec,
  JobListQuery,
  JobType,
  JobWithVersions,
  LongId,
  ResourceSpec,
  ResourceSpecQuery,
  TrainingJobPage,
  TrainingJobVersion,
} from "../domain/index.js";
import type { ProofSubject, Sourced, UpstreamCall, UpstreamReads } from "../ports.js";
import type { ResourceKind } from "./events.js";
import { digest, jobGroup, jobListsGroup, LIST_PART, specsGroup, versionPart } from "./groups.js";
import type { StoreKey } from "./store.js";

/** Something that can be looked up, as one caller sees it. */
export interface Resource<V> extends StoreKey {
  kind: ResourceKind;
  /** Group and name: equal exactly when the same callers share the same answer. */
  id: string;
  /** What a successful answer proves the caller's access to; null for job lists, which are never shared and prove nothing about one job. */
  subject: ProofSubject | null;
  /** How long the answer stays fresh; 0 = not cached. */
  ttlMs(value: V): number;
  load(call: UpstreamCall): Promise<Sourced<V>>;
}

/** What finds an answer in this process, and tells who may have it. */
export type Findable = Pick<Resource<unknown>, "id" | "group" | "part" | "subject">;

/** Everything that can be looked up. */
export interface Resources {
  jobs(caller: Caller, query: JobListQuery): Resource<TrainingJobPage>;
  versions(caller: Caller, jobId: LongId): Resource<JobWithVersions>;
  version(caller: Caller, jobId: LongId, versionId: LongId): Resource<TrainingJobVersion>;
  specs(caller: Caller, query: ResourceSpecQuery): Resource<ResourceSpec[]>;
  engines(caller: Caller, jobType: JobType): Resource<EngineSpec[]>;
}

// No credential id is "*": it is the service identity's name or a base64url hash.
const EVERYBODY = "*";

function idOf(group: string, name: string): string {
  return `${group}|${name}`;
}

export function createResources(upstream: UpstreamReads, config: CacheConfig): Resources {
  const { activeTtlMs, terminalTtlMs, specsTtlMs } = config;
  const activeTtl = () => activeTtlMs;
  const specsTtl = () => specsTtlMs;
  const versionTtl = (version: TrainingJobVersion) => (version.terminal ? terminalTtlMs : activeTtlMs);
  const sharers = (caller: Caller) => (config.scope === "project" ? EVERYBODY : caller.credentialId);

  return {
    jobs(caller, query) {
      const group = jobListsGroup(caller.projectId);
      const name = `${caller.credentialId}:jobs:${jobListName(query)}`;
      return {
        kind: "jobs",
        group,
        part: LIST_PART,
        name,
        id: idOf(group, name),
        subject: null,
        ttlMs: activeTtl,
        load: (call) => upstream.listJobs(call, query),
      };
    },
    versions(caller, jobId) {
      const group = jobGroup(caller.projectId, jobId);
      const name = `${sharers(caller)}:versions`;
      return {
        kind: "versions",
        group,
        part: LIST_PART,
        name,
        id: idOf(group, name),
        subject: { jobId },
        ttlMs: activeTtl,
        load: (call) => upstream.listVersions(call, jobId),
      };
    },
    version(caller, jobId, versionId) {
      const group = jobGroup(caller.projectId, jobId);
      const name = `${sharers(caller)}:version:${versionId}`;
      return {
        kind: "version",
        group,
        part: versionPart(versionId),
        name,
        id: idOf(group, name),
        subject: { jobId },
        ttlMs: versionTtl,
        load: (call) => upstream.getVersion(call, jobId, versionId),
      };
    },
    specs(caller, query) {
      const group = specsGroup(caller.projectId);
      const name = `${sharers(caller)}:specs:${query.jobType}:${query.engineId ?? ""}:${query.projectType ?? ""}`;
      return {
        kind: "specs",
        group,
        part: LIST_PART,
        name,
        id: idOf(group, name),
        subject: "project-specs",
        ttlMs: specsTtl,
        load: (call) => upstream.listResourceSpecs(call, query),
      };
    },
    engines(caller, jobType) {
      const group = specsGroup(caller.projectId);
      const name = `${sharers(caller)}:engines:${jobType}`;
      return {
        kind: "engines",
        group,
        part: LIST_PART,
        name,
        id: idOf(group, name),
        subject: "project-specs",
        ttlMs: specsTtl,
        load: (call) => upstream.listEngineSpecs(call, jobType),
      };
    },
  };
}

function jobListName(query: JobListQuery): string {
  const { statusCode, searchContent, workspaceId, sortBy, order, page, perPage } = query;
  return digest([statusCode, searchContent, workspaceId, sortBy, order, page, perPage]);
}
