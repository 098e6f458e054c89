import type {
  Coverage,
  EngineSpec,
  JobWithVersions,
  LongId,
  ResourceSpec,
  TrainingJobPage,
  TrainingJobVersion,
} from "../domain/index.js";
import { GatewayError } from "../errors.js";
import type { Freshness, RequestLookups } from "../ports.js";
import type { Asker } from "./asker.js";
import type { Fences } from "./fences.js";
import { LIST_PART } from "./groups.js";
import type { Lookup } from "./lookup.js";
import type { MemoKey } from "./memo.js";
import { createRemembered } from "./remembered.js";
import type { Resource, Resources } from "./resources.js";
import type { Sightings } from "./sightings.js";
import { createVersionBatch, type WantedVersion } from "./version-batch.js";

export interface RequestLookupsOptions {
  lookup: Lookup;
  resources: Resources;
  fences: Fences;
  asker: Asker;
  sightings: Sightings;
}

interface Wanted<V> {
  resource: Resource<V>;
  fresh: boolean;
}

/** The lookups of one operation: what it asks for twice is looked up once, what it asks for together is batched. */
export function createRequestLookups(options: RequestLookupsOptions): RequestLookups {
  const { lookup, resources, fences, asker, sightings } = options;
  const { caller } = asker;

  function createLoader<V>() {
    return createRemembered<Wanted<V>, V | null>(
      fences,
      ({ resource }) => ({ id: resource.id, group: resource.group, parts: [resource.part] }),
      (wanted) => wanted.map(({ resource, fresh }) => lookup.find(resource, asker, fresh)),
    );
  }

  const jobs = createLoader<JobWithVersions>();
  const pages = createLoader<TrainingJobPage>();
  const specs = createLoader<ResourceSpec[]>();
  const engines = createLoader<EngineSpec[]>();
  const wantedJob = (jobId: LongId, fresh: boolean) => ({
    resource: resources.versions(caller, jobId),
    fresh,
  });
  const loadVersions = createVersionBatch({
    lookup,
    resources,
    fences,
    asker,
    knownJob: (jobId) => jobs.known(wantedJob(jobId, false)),
    loadJob: (jobId, fresh) => jobs.load(wantedJob(jobId, fresh)),
  });

  function versionMemoKey({ coverage, resource: { id, group, part } }: WantedVersion): MemoKey {
    return { id: `${coverage} ${id}`, group, parts: [part, LIST_PART] };
  }

  const versions = createRemembered<WantedVersion, TrainingJobVersion | null>(
    fences,
    versionMemoKey,
    loadVersions,
  );

  async function version(jobId: LongId, versionId: LongId, coverage: Coverage, fresh: boolean) {
    const resource = resources.version(caller, jobId, versionId);
    const details: WantedVersion = { jobId, versionId, resource, coverage: "details", fresh };
    if (coverage === "details") return versions.load(details);
    // Details that this operation has asked for hold every field of the list.
    return versions.known(details) ?? versions.load({ ...details, coverage: "list" });
  }

  async function hasVersion(jobId: LongId, versionId: LongId, { fresh = false }: Freshness = {}) {
    if (!fresh && sightings.has(caller, jobId, versionId)) {
      asker.trail.notRepeatable();
      return true;
    }
    const found = await version(jobId, versionId, "list", fresh);
    const exists = found?.jobId === jobId;
    if (exists) sightings.note(caller, jobId, versionId);
    else sightings.forget(caller, jobId, versionId);
    return exists;
  }

  return {
    trainingJobs: async (query) =>
      required(await pages.load({ resource: resources.jobs(caller, query), fresh: false })),
    trainingJob: (jobId, { fresh = false } = {}) => jobs.load(wantedJob(jobId, fresh)),
    trainingJobVersion: (jobId, versionId, coverage, { fresh = false } = {}) =>
      version(jobId, versionId, coverage, fresh),
    hasVersion,
    resourceSpecs: async (query, { fresh = false } = {}) =>
      required(await specs.load({ resource: resources.specs(caller, query), fresh })),
    engineSpecs: async (jobType, { fresh = false } = {}) =>
      required(await engines.load({ resource: resources.engines(caller, jobType), fresh })),
    ingredients: () => asker.trail.ingredients(),
  };
}

/** Every project has these lists; where the upstream says NOT_FOUND, it is the project that it does not know. */
function required<V>(list: V | null): V {
  if (list === null) throw new GatewayError("NOT_FOUND", "ModelArts does not know this project.");
  return list;
}
