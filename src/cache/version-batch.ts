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

  /** From the cached list or the cached details, whichever is newer; undefined where the caches know neither. */
  async function cached(ofJob: Resource<JobWithVersions>, wanted: readonly WantedVersion[]) {
    const peekedList = lookup.peek(ofJob, asker);
    const peeked = wanted.map(({ resource }) => lookup.peek(resource, asker));
    const details = await atOnceOrTogether(peeked);
    const list = await peekedList;
    // Nothing is awaited from here on: who looks a version up now must be heard when that fails.
    return wanted.map((one, index) =>
      newest(details[index], list, () => pick(Promise.resolve(list?.value ?? null), one)),
    );
  }

  /** In the order of `wanted`, all of one job. */
  async function listed(jobId: LongId, wanted: readonly WantedVersion[], fresh: boolean): Promise<Found[]> {
    const known = fresh ? undefined : knownJob(jobId);
    if (known !== undefined) return wanted.map((one) => pick(known, one));
    const ofJob = resources.versions(asker.caller, jobId);
    const found = fresh ? [] : await cached(ofJob, wanted);
    const missing = wanted.filter((_, index) => found[index] === undefined).length;
    const shareList = missing > 1 || (!fresh && missing > 0 && lookup.isUnderWay(ofJob, asker));
    const list = shareList ? loadJob(jobId, fresh) : undefined;
    return wanted.map((one, index) => found[index] ?? (list ? pick(list, one) : loadVersion(one)));
  }

  /** Likewise. What is wanted in detail is not looked for in a list. */
  function ofOneJob(wanted: readonly [WantedVersion, ...WantedVersion[]]): Found[] {
    const [{ jobId, fresh }] = wanted;
    const details = new Map<LongId, Found>();
    for (const one of wanted) {
      if (one.coverage === "details" && !details.has(one.versionId))
        details.set(one.versionId, loadVersion(one));
    }
    const others = withoutRepeats(wanted.filter(({ versionId }) => !details.has(versionId)));
    const inList = others.length > 0 ? listed(jobId, others, fresh) : undefined;
    const placeOf = (id: LongId) => others.findIndex(({ versionId }) => versionId === id);
    const fromList = async (id: LongId) => (await inList)?.[placeOf(id)] ?? null;
    return wanted.map(({ versionId }) => details.get(versionId) ?? fromList(versionId));
  }

  /** What was found while others were still being looked for may have been invalidated since. */
  async function settle(wanted: WantedVersion, found: Found | undefined, sequence: number): Found {
    const { group, part } = wanted.resource;
    const version = (await found) ?? null;
    if (fences.isCurrent(group, [part, LIST_PART], sequence)) return version;
    return settle(wanted, ofOneJob([wanted])[0], fences.next());
  }

  return (wanted) => {
    const sequence = fences.next();
    const found = new Map<WantedVersion, Found>();
    for (const ofJob of byJob(wanted)) {
      for (const [index, one] of ofOneJob(ofJob).entries()) {
        const asked = ofJob[index];
        if (asked !== undefined) found.set(asked, one);
      }
    }
    return wanted.map((one) => settle(one, found.get(one), sequence));
  };
}

/** Where nothing has to be waited for, nothing is. */
function atOnceOrTogether<V>(values: readonly (V | Promise<V>)[]): readonly V[] | Promise<V[]> {
  const isAtOnce = (value: V | Promise<V>): value is V => !(value instanceof Promise);
  return values.every(isAtOnce) ? values : Promise.all(values);
}

/** An invalidation can make an operation ask anew for what it has just asked for. */
function withoutRepeats(wanted: readonly WantedVersion[]): readonly WantedVersion[] {
  if (wanted.length < 2) return wanted;
  return [...new Map(wanted.map((one) => [one.versionId, one])).values()];
}

function byJob(wanted: readonly WantedVersion[]): Iterable<[WantedVersion, ...WantedVersion[]]> {
  const jobs = new Map<string, [WantedVersion, ...WantedVersion[]]>();
  for (const one of wanted) {
    const id = `${one.fresh} ${one.jobId}`;
    const others = jobs.get(id);
    if (others === undefined) jobs.set(id, [one]);
    else others.push(one);
  }
  return jobs.values();
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
