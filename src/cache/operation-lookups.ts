import type {
  Coverage,
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
import { GatewayError } from "../errors.js";
import type { Found, Freshness, Ingredients, RequestLookups } from "../ports.js";
import type { Asker } from "./asker.js";
import type { Fences } from "./fences.js";
import { LIST_PART } from "./groups.js";
import type { Lookup } from "./lookup.js";
import type { MemoKey } from "./memo.js";
import { Remembered } from "./remembered.js";
import type { Resource, Resources } from "./resources.js";
import type { Sightings } from "./sightings.js";
import { VersionBatch, type WantedVersion } from "./version-batch.js";

/** What the lookups of all operations share. */
export interface LookupTools {
  lookup: Lookup;
  resources: Resources;
  fences: Fences;
  sightings: Sightings;
}

interface Wanted<V> {
  resource: Resource<V>;
  fresh: boolean;
}

type Loader<V> = Remembered<Wanted<V>, V | null>;
type VersionLoader = Remembered<WantedVersion, TrainingJobVersion | null>;

function memoKeyOf({ resource: { id, group, part } }: Wanted<unknown>): MemoKey {
  return { id, group, parts: [part] };
}

function versionMemoKeyOf({ coverage, resource: { id, group, part } }: WantedVersion): MemoKey {
  return { id: `${coverage} ${id}`, group, parts: [part, LIST_PART] };
}

/** Every project has these lists; where the upstream says NOT_FOUND, it is the project that it does not know. */
function required<V>(list: V | null): V {
  if (list === null) throw new GatewayError("NOT_FOUND", "ModelArts does not know this project.");
  return list;
}

/** The lookups of one operation: what it asks for twice is looked up once, what it asks for together is batched. */
export class OperationLookups implements RequestLookups {
  // Most operations look up one or two of the things that there are.
  #jobs: Loader<JobWithVersions> | undefined;
  #pages: Loader<TrainingJobPage> | undefined;
  #specs: Loader<ResourceSpec[]> | undefined;
  #engines: Loader<EngineSpec[]> | undefined;
  #versions: VersionLoader | undefined;

  constructor(
    private readonly tools: LookupTools,
    private readonly asker: Asker,
  ) {}

  trainingJobs(query: JobListQuery): Promise<TrainingJobPage> {
    this.#pages ??= this.#createLoader();
    const resource = this.tools.resources.jobs(this.asker.caller, query);
    return this.#pages.load({ resource, fresh: false }).then(required);
  }

  trainingJob(jobId: LongId, { fresh = false }: Freshness = {}): Promise<JobWithVersions | null> {
    this.#jobs ??= this.#createLoader();
    return this.#jobs.load(this.#wantedJob(jobId, fresh));
  }

  trainingJobVersion(
    jobId: LongId,
    versionId: LongId,
    coverage: Coverage,
    { fresh = false }: Freshness = {},
  ): Promise<TrainingJobVersion | null> {
    const resource = this.tools.resources.version(this.asker.caller, jobId, versionId);
    const details: WantedVersion = { jobId, versionId, resource, coverage: "details", fresh };
    // Details that this operation has asked for hold every field of the list.
    const known = coverage === "details" ? undefined : this.#versions?.known(details);
    if (known !== undefined) return known;
    this.#versions ??= this.#createVersionLoader();
    return this.#versions.load(coverage === "details" ? details : { ...details, coverage: "list" });
  }

  hasVersion(jobId: LongId, versionId: LongId, { fresh = false }: Freshness = {}): Found<boolean> {
    const { caller, trail } = this.asker;
    if (fresh || !this.tools.sightings.has(caller, jobId, versionId))
      return this.#lookForVersion(jobId, versionId, fresh);
    trail.notRepeatable();
    return true;
  }

  async #lookForVersion(jobId: LongId, versionId: LongId, fresh: boolean): Promise<boolean> {
    const { sightings } = this.tools;
    const { caller } = this.asker;
    const found = await this.trainingJobVersion(jobId, versionId, "list", { fresh });
    const exists = found?.jobId === jobId;
    if (exists) sightings.note(caller, jobId, versionId);
    else sightings.forget(caller, jobId, versionId);
    return exists;
  }

  resourceSpecs(query: ResourceSpecQuery, { fresh = false }: Freshness = {}): Found<ResourceSpec[]> {
    this.#specs ??= this.#createLoader();
    const resource = this.tools.resources.specs(this.asker.caller, query);
    const found = this.#specs.find({ resource, fresh });
    return found instanceof Promise ? found.then(required) : required(found);
  }

  engineSpecs(jobType: JobType, { fresh = false }: Freshness = {}): Found<EngineSpec[]> {
    this.#engines ??= this.#createLoader();
    const resource = this.tools.resources.engines(this.asker.caller, jobType);
    const found = this.#engines.find({ resource, fresh });
    return found instanceof Promise ? found.then(required) : required(found);
  }

  ingredients(): Ingredients | undefined {
    return this.asker.trail.ingredients();
  }

  #wantedJob(jobId: LongId, fresh: boolean): Wanted<JobWithVersions> {
    return { resource: this.tools.resources.versions(this.asker.caller, jobId), fresh };
  }

  #createLoader<V>(): Loader<V> {
    const { tools, asker } = this;
    const { lookup, fences } = tools;
    return new Remembered<Wanted<V>, V | null>({
      fences,
      memoKeyOf,
      atOnce: ({ resource }) => lookup.here(resource, asker)?.value,
      batch: (wanted) => wanted.map(({ resource, fresh }) => lookup.find(resource, asker, fresh)),
    });
  }

  #createVersionLoader(): VersionLoader {
    const { lookup, resources, fences } = this.tools;
    const batch = new VersionBatch({
      lookup,
      resources,
      fences,
      asker: this.asker,
      knownJob: (jobId) => this.#jobs?.known(this.#wantedJob(jobId, false)),
      loadJob: (jobId, fresh) => this.trainingJob(jobId, { fresh }),
    });
    return new Remembered({ fences, memoKeyOf: versionMemoKeyOf, batch: (wanted) => batch.find(wanted) });
  }
}
