import type { JobWithVersions, LongId, TrainingJobVersion } from "../domain/index.js";
import type { Asker } from "./asker.js";
import { beganLater, type Entry } from "./entry.js";
import type { Fences } from "./fences.js";
import { LIST_PART } from "./groups.js";
import type { Lookup } from "./lookup.js";
import type { Resource, Resources } from "./resources.js";

/** One version that an operation needs, with every field of that coverage. */
export interface WantedVersion {
  jobId: LongId;
  versionId: LongId;
  /** Its details, as the caller of this operation sees them. */
  resource: Resource<TrainingJobVersion>;
  coverage: "list" | "details";
  fresh: boolean;
}

export interface VersionBatchOptions {
  lookup: Lookup;
  resources: Resources;
  fences: Fences;
  asker: Asker;
  /** The job's list as this operation knows it already. */
  knownJob(jobId: LongId): Promise<JobWithVersions | null> | undefined;
  /** The job's list, remembered for the rest of the operation. */
  loadJob(jobId: LongId, fresh: boolean): Promise<JobWithVersions | null>;
}

type Found = Promise<TrainingJobVersion | null>;
type Plan = (versionId: LongId) => Found;

/**
 * Gets the versions that one operation needs at a time with the fewest calls: several of one job through one list,
 * where the list holds every field asked for; none that a cache has.
 */
export function createVersionBatch(
  options: VersionBatchOptions,
): (wanted: readonly WantedVersion[]) => Found[] {
  const { lookup, resources, fences, asker, knownJob, loadJob } = options;

  function loadVersion({ resource, fresh }: WantedVersion): Found {
    return lookup.find(resource, asker, fresh);
  }

  /** A list that is not complete does not prove that a version does not exist. */
  async function pick(list: Promise<JobWithVersions | null>, wanted: WantedVersion): Found {
    const job = await list;
    const version = job?.versions.find((candidate) => candidate.versionId === wanted.versionId);
    if (version !== undefined || job === null || job.complete) return version ?? null;
    return loadVersion(wanted);
  }

  /** From the cached list and the cached details, whichever is newer; not those that the caches do not know. */
  async function cached(
    ofJob: Resource<JobWithVersions>,
    wanted: readonly WantedVersion[],
  ): Promise<Map<LongId, Found>> {
    const peekList = lookup.peek(ofJob, asker);
    const details = await Promise.all(wanted.map(({ resource }) => lookup.peek(resource, asker)));
    const list = await peekList;
    const found = new Map<LongId, Found>();
    for (const [index, one] of wanted.entries()) {
      const version = newest(details[index], list, () => pick(Promise.resolve(list?.value ?? null), one));
      if (version !== undefined) found.set(one.versionId, version);
    }
    return found;
  }

  async function listed(
    jobId: LongId,
    wanted: readonly WantedVersion[],
    fresh: boolean,
  ): Promise<Map<LongId, Found>> {
    const known = fresh ? undefined : knownJob(jobId);
    if (known !== undefined) return new Map(wanted.map((one) => [one.versionId, pick(known, one)]));
    const ofJob = resources.versions(asker.caller, jobId);
    const found = fresh ? new Map<LongId, Found>() : await cached(ofJob, wanted);
    const missing = wanted.filter(({ versionId }) => !found.has(versionId));
    const shareList = missing.length > 1 || (!fresh && missing.length > 0 && lookup.isUnderWay(ofJob, asker));
    const list = shareList ? loadJob(jobId, fresh) : undefined;
    for (const one of missing) found.set(one.versionId, list ? pick(list, one) : loadVersion(one));
    return found;
  }

  function planFor(jobId: LongId, wanted: readonly WantedVersion[], fresh: boolean): Plan {
    const details = new Map<LongId, Found>();
    for (const one of wanted) {
      if (one.coverage === "details" && !details.has(one.versionId))
        details.set(one.versionId, loadVersion(one));
    }
    const others = wanted.filter(({ versionId }) => !details.has(versionId));
    const inList = new Map(others.map((one) => [one.versionId, one]));
    const list = inList.size > 0 ? listed(jobId, [...inList.values()], fresh) : undefined;
    return async (versionId) => details.get(versionId) ?? (await list)?.get(versionId) ?? null;
  }

  /** What was found while others were still being looked for may have been invalidated since. */
  async function settle(wanted: WantedVersion, plan: Plan, sequence: number): Found {
    const { jobId, versionId, resource, fresh } = wanted;
    const version = await plan(versionId);
    if (fences.isCurrent(resource.group, [resource.part, LIST_PART], sequence)) return version;
    return settle(wanted, planFor(jobId, [wanted], fresh), fences.next());
  }

  return (wanted) => {
    const plans = new Map<string, Plan>();
    const sequence = fences.next();
    return wanted.map((one) => {
      const id = `${one.fresh} ${one.jobId}`;
      const same = (other: WantedVersion) => other.jobId === one.jobId && other.fresh === one.fresh;
      const plan = plans.get(id) ?? planFor(one.jobId, wanted.filter(same), one.fresh);
      plans.set(id, plan);
      return settle(one, plan, sequence);
    });
  };
}

function newest(
  details: Entry<TrainingJobVersion> | undefined,
  list: Entry<JobWithVersions> | undefined,
  fromList: () => Found,
): Found | undefined {
  if (details !== undefined && (list === undefined || !beganLater(list, details))) {
    return Promise.resolve(details.value);
  }
  return list && fromList();
}
