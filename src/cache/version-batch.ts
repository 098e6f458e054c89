import type { JobWithVersions, LongId, TrainingJobVersion } from "../domain/index.js";
import type { Asker } from "./asker.js";
import { beganLater } from "./entry.js";
import type { Fences } from "./fences.js";
import { LIST_PART } from "./groups.js";
import { type Lookup, type Peeked, Substitute } from "./lookup.js";
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

type Version = Promise<TrainingJobVersion | null>;
type OfOneJob = readonly [WantedVersion, ...WantedVersion[]];

/** What the caches have that is fresh and that the caller may have. */
interface Cached {
  list: Peeked<JobWithVersions>;
  /** In the order of what is wanted. */
  details: readonly Peeked<TrainingJobVersion>[];
}

const NOTHING_CACHED: Cached = { list: undefined, details: [] };
const NONE: Version = Promise.resolve(null);

/**
 * Gets the versions that one operation needs at a time with the fewest calls. For each job, where the first of these holds:
 *
 * - a version is wanted in detail: its details
 * - this operation has the job's list: that
 * - a cache has the list or the details: the newer of them
 * - several versions are missing, or the list is under way: one list for all
 * - one is missing: its details; where it alone is wanted and there is a shared tier, in one question with the list, which does as well
 *
 * What has to be fresh passes the first three: its list where there are several, else its details.
 */
export class VersionBatch {
  constructor(private readonly options: VersionBatchOptions) {}

  /** In the order of `wanted`. */
  find(wanted: readonly WantedVersion[]): Version[] {
    const sequence = this.options.fences.next();
    const [only] = wanted;
    if (only !== undefined && wanted.length === 1) return [this.#settle(only, this.#findOne(only), sequence)];
    const found = new Map<WantedVersion, Version>();
    for (const ofJob of byJob(wanted)) {
      for (const [index, one] of this.#findOfJob(ofJob).entries()) {
        const asked = ofJob[index];
        if (asked !== undefined) found.set(asked, one);
      }
    }
    return wanted.map((one) => this.#settle(one, found.get(one) ?? NONE, sequence));
  }

  /** What was found while others were still being looked for may have been invalidated since. */
  #settle(wanted: WantedVersion, found: Version, sequence: number): Version {
    const { fences } = this.options;
    const { group, part } = wanted.resource;
    return found.then((version) => {
      if (fences.isCurrent(group, [part, LIST_PART], sequence)) return version;
      return this.#settle(wanted, this.#findOne(wanted), fences.next());
    });
  }

  /** In the order of `wanted`. What is wanted in detail is not looked for in a list. */
  #findOfJob(wanted: OfOneJob): Version[] {
    if (wanted.length === 1) return [this.#findOne(wanted[0])];
    const details = new Map<LongId, Version>();
    for (const one of wanted) {
      if (one.coverage === "details" && !details.has(one.versionId))
        details.set(one.versionId, this.#loadDetails(one));
    }
    const others = withoutRepeats(wanted.filter(({ versionId }) => !details.has(versionId)));
    const inList = isSome(others) ? this.#fromListOrDetails(others) : undefined;
    const placeOf = (id: LongId) => others.findIndex(({ versionId }) => versionId === id);
    const fromList = async (id: LongId) => (await inList)?.[placeOf(id)] ?? null;
    return wanted.map(({ versionId }) => details.get(versionId) ?? fromList(versionId));
  }

  #findOne(wanted: WantedVersion): Version {
    if (wanted.coverage === "details") return this.#loadDetails(wanted);
    const found = this.#fromListOrDetails([wanted]);
    return found instanceof Promise ? found.then(([one]) => one ?? null) : (found[0] ?? NONE);
  }

  /** In the order of `wanted`, all of one job. */
  #fromListOrDetails(wanted: OfOneJob): Version[] | Promise<Version[]> {
    const { knownJob, resources, asker } = this.options;
    const [{ jobId, fresh }] = wanted;
    const known = fresh ? undefined : knownJob(jobId);
    if (known !== undefined) return wanted.map((one) => this.#pickFromList(known, one));
    const ofJob = resources.versions(asker.caller, jobId);
    const cached = fresh ? NOTHING_CACHED : this.#peek(ofJob, wanted);
    if (cached instanceof Promise) return cached.then((there) => this.#chooseSource(ofJob, wanted, there));
    return this.#chooseSource(ofJob, wanted, cached);
  }

  /** At once where nothing has to be waited for. */
  #peek(ofJob: Resource<JobWithVersions>, wanted: OfOneJob): Cached | Promise<Cached> {
    const { lookup, asker } = this.options;
    const isListNext = lookup.isShared && lookup.isUnderWay(ofJob, asker);
    if (wanted.length === 1 && !isListNext) return this.#peekHere(ofJob, wanted[0]);
    const there = lookup.peek([ofJob, ...wanted.map(({ resource }) => resource)], asker);
    return there instanceof Promise ? there.then(asCached) : asCached(there);
  }

  /** What this process has of one version: the look-up for it asks the shared tier. */
  #peekHere(ofJob: Resource<JobWithVersions>, { resource }: WantedVersion): Cached {
    const { lookup, asker } = this.options;
    const list = lookup.here(ofJob, asker);
    // Without a list there is nothing to compare the details with: the look-up for them finds those that are cached.
    if (list === undefined && !lookup.isUnderWay(ofJob, asker)) return NOTHING_CACHED;
    return { list, details: [lookup.here(resource, asker)] };
  }

  /**
   * From the cached list or the cached details, whichever is newer; else from a list, where that is the fewest calls. Nothing is awaited
   * here: who looks a version up now must be heard when that fails.
   */
  #chooseSource(ofJob: Resource<JobWithVersions>, wanted: OfOneJob, { list, details }: Cached): Version[] {
    const { lookup, asker, loadJob } = this.options;
    const [{ jobId, fresh }] = wanted;
    const found = wanted.map((one, index) =>
      newest(details[index], list, () => this.#pickFromList(Promise.resolve(list?.value ?? null), one)),
    );
    const missing = found.filter((one) => one === undefined).length;
    const shareList = missing > 1 || (!fresh && missing > 0 && lookup.isUnderWay(ofJob, asker));
    const loaded = shareList ? loadJob(jobId, fresh) : undefined;
    // The shared tier was asked for the list already when it was asked for several of its versions.
    const mayBeListed = !fresh && wanted.length === 1 && lookup.isShared;
    const load = (one: WantedVersion) =>
      mayBeListed ? this.#loadUnlessListed(ofJob, one) : this.#loadDetails(one);
    return wanted.map((one, index) => found[index] ?? (loaded ? this.#pickFromList(loaded, one) : load(one)));
  }

  /** A list that is not complete does not prove that a version does not exist. */
  async #pickFromList(list: Promise<JobWithVersions | null>, wanted: WantedVersion): Version {
    const job = await list;
    const version = job?.versions.find((candidate) => candidate.versionId === wanted.versionId);
    if (version !== undefined || job === null || job.complete) return version ?? null;
    return this.#loadDetails(wanted);
  }

  /** Its details, unless another replica has cached the list, or it is under way. */
  #loadUnlessListed(ofJob: Resource<JobWithVersions>, wanted: WantedVersion): Version {
    const { lookup, asker, loadJob } = this.options;
    return lookup.findOr(wanted.resource, ofJob, asker).then((found) => {
      if (!(found instanceof Substitute)) return found;
      const list = found.value === undefined ? loadJob(wanted.jobId, false) : Promise.resolve(found.value);
      return this.#pickFromList(list, wanted);
    });
  }

  #loadDetails({ resource, fresh }: WantedVersion): Version {
    return this.options.lookup.find(resource, this.options.asker, fresh);
  }
}

function asCached([list, ...details]: readonly [
  Peeked<JobWithVersions>,
  ...Peeked<TrainingJobVersion>[],
]): Cached {
  return { list, details };
}

function isSome(wanted: readonly WantedVersion[]): wanted is OfOneJob {
  return wanted.length > 0;
}

/** An invalidation can make an operation ask anew for what it has just asked for. */
function withoutRepeats(wanted: readonly WantedVersion[]): readonly WantedVersion[] {
  if (wanted.length < 2) return wanted;
  return [...new Map(wanted.map((one) => [one.versionId, one])).values()];
}

function byJob(wanted: readonly WantedVersion[]): Iterable<OfOneJob> {
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
  details: Peeked<TrainingJobVersion>,
  list: Peeked<JobWithVersions>,
  fromList: () => Version,
): Version | undefined {
  if (details !== undefined && (list === undefined || !beganLater(list, details))) {
    return Promise.resolve(details.value);
  }
  return list && fromList();
}
