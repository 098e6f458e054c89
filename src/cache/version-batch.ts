import type { JobWithVersions, LongId, TrainingJobVersion } from "../domain/index.js";
import type { Asker } from "./asker.js";
import { beganLater, type Entry } from "./entry.js";
import type { Fences } from "./fences.js";
import { LIST_PART } from "./groups.js";
import type { Lookup } from "./lookup.js";
import type { Resources } from "./resources.js";

/** One version that an operation needs, with every field of that coverage. */
export interface WantedVersion {
  jobId: LongId;
  versionId: LongId;
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
type Plan = (versionId: LongId, coverage: WantedVersion["coverage"]) => Found;

/**
 * Gets the versions that one operation needs at a time with the fewest calls: several of one job through one list,
 * where the list holds every field asked for; none that a cache has.
 */
export function createVersionBatch(
  options: VersionBatchOptions,
): (wanted: readonly WantedVersion[]) => Found[] {
  const { lookup, resources, fences, asker, knownJob, loadJob } = options;

  function loadVersion(jobId: LongId, versionId: LongId, fresh: boolean): Found {
    return lookup.find(resources.version(asker.caller, jobId, versionId), asker, fresh);
  }

  /** A list that is not complete does not prove that a version does not exist. */
  async function pick(
    list: Promise<JobWithVersions | null>,
    jobId: LongId,
    versionId: LongId,
    fresh: boolean,
  ): Found {
    const job = await list;
    const version = job?.versions.find((candidate) => candidate.versionId === versionId);
    if (version !== undefined || job === null || job.complete) return version ?? null;
    return loadVersion(jobId, versionId, fresh);
  }

  /** From the cached list and the cached details, whichever is newer; undefined when the caches do not know. */
  async function cached(jobId: LongId, ids: readonly LongId[]): Promise<Map<LongId, Found>> {
    const peekList = lookup.peek(resources.versions(asker.caller, jobId), asker);
    const details = await Promise.all(
      ids.map((id) => lookup.peek(resources.version(asker.caller, jobId, id), asker)),
    );
    const list = await peekList;
    const found = ids.map((id, index): [LongId, Found | undefined] => [
      id,
      newest(details[index], list, () => pick(Promise.resolve(list?.value ?? null), jobId, id, false)),
    ]);
    return new Map(found.filter((pair): pair is [LongId, Found] => pair[1] !== undefined));
  }

  async function listed(jobId: LongId, ids: readonly LongId[], fresh: boolean): Promise<Map<LongId, Found>> {
    const known = fresh ? undefined : knownJob(jobId);
    if (known !== undefined) return new Map(ids.map((id) => [id, pick(known, jobId, id, fresh)]));
    const found = fresh ? new Map<LongId, Found>() : await cached(jobId, ids);
    const missing = ids.filter((id) => !found.has(id));
    const shareList =
      missing.length > 1 ||
      (!fresh && missing.length > 0 && lookup.isUnderWay(resources.versions(asker.caller, jobId), asker));
    const list = shareList ? loadJob(jobId, fresh) : undefined;
    for (const id of missing) {
      found.set(id, list ? pick(list, jobId, id, fresh) : loadVersion(jobId, id, fresh));
    }
    return found;
  }

  function planFor(jobId: LongId, wanted: readonly WantedVersion[], fresh: boolean): Plan {
    const detailIds = new Set(wanted.filter((w) => w.coverage === "details").map((w) => w.versionId));
    const details = new Map([...detailIds].map((id) => [id, loadVersion(jobId, id, fresh)]));
    const listIds = new Set(wanted.map((w) => w.versionId).filter((id) => !detailIds.has(id)));
    const list = listIds.size > 0 ? listed(jobId, [...listIds], fresh) : undefined;
    return async (versionId) => details.get(versionId) ?? (await list)?.get(versionId) ?? null;
  }

  /** What was found while others were still being looked for may have been invalidated since. */
  async function settle(wanted: WantedVersion, plan: Plan, sequence: number): Found {
    const { jobId, versionId, coverage, fresh } = wanted;
    const version = await plan(versionId, coverage);
    const { group, part } = resources.version(asker.caller, jobId, versionId);
    if (fences.isCurrent(group, [part, LIST_PART], sequence)) return version;
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
