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
} from "../../../src/domain/index.js";
import { GatewayError } from "../../../src/errors.js";
import type { Freshness, Ingredients, RequestLookups } from "../../../src/ports.js";
import { aJob, anEngine, aSpec, aVersion, id } from "./entities.js";

/** What a project holds. */
export interface Contents {
  jobs: JobWithVersions[];
  specs: ResourceSpec[];
  engines: EngineSpec[];
}

/** The project that the vendor's sample request fits: job 10 with version 20, spec 1 and engine 1. */
export function sampleContents(): Contents {
  return { jobs: [aJob("10", [aVersion({ specId: id("1") })])], specs: [aSpec()], engines: [anEngine()] };
}

type Operation = keyof RequestLookups;

/**
 * A project in memory that answers lookups as the port says: never more of a version than the coverage asked for, and
 * what a cache still remembers unless a fresh answer is asked for.
 */
export class Project implements RequestLookups {
  /** Every lookup that was asked for, in order. */
  readonly asked: string[] = [];
  /** What the caches remember; the same as the project's contents when absent. */
  remembered: Contents | undefined;
  /** The lookups that fail, and with what. */
  readonly failures = new Map<Operation, Error>();

  constructor(public contents: Contents = sampleContents()) {}

  /** Makes a lookup fail as it does when the upstream is away. */
  breakDown(...operations: Operation[]): void {
    for (const operation of operations) {
      this.failures.set(operation, new GatewayError("UPSTREAM_UNAVAILABLE", "The upstream is away."));
    }
  }

  private async answer(
    operation: Operation,
    what: string,
    options: Freshness | undefined,
  ): Promise<Contents> {
    this.asked.push([operation, what, options?.fresh && "fresh"].filter(Boolean).join(" "));
    const failure = this.failures.get(operation);
    if (failure) throw failure;
    return options?.fresh ? this.contents : (this.remembered ?? this.contents);
  }

  async trainingJobs(query: JobListQuery): Promise<TrainingJobPage> {
    const { jobs } = await this.answer("trainingJobs", JSON.stringify(query), undefined);
    const summaries = jobs.map(({ jobId, jobName, jobDesc, versionCount, versions: [newest] }) => ({
      jobId,
      jobName,
      jobDesc,
      versionCount,
      currentVersion: newest ? withinCoverage(newest, "summary") : null,
    }));
    return { jobs: summaries, jobTotalCount: jobs.length, jobCountLimit: 100, quotas: null };
  }

  async trainingJob(jobId: LongId, options?: Freshness): Promise<JobWithVersions | null> {
    const { jobs } = await this.answer("trainingJob", jobId, options);
    const job = jobs.find((candidate) => candidate.jobId === jobId);
    if (!job) return null;
    const listed = job.complete ? job.versions : job.versions.slice(0, -1);
    return { ...job, versions: listed.map((version) => withinCoverage(version, "list")) };
  }

  async trainingJobVersion(
    jobId: LongId,
    versionId: LongId,
    coverage: Coverage,
    options?: Freshness,
  ): Promise<TrainingJobVersion | null> {
    const { jobs } = await this.answer("trainingJobVersion", `${jobId}/${versionId} ${coverage}`, options);
    const job = jobs.find((candidate) => candidate.jobId === jobId);
    const version = job?.versions.find((candidate) => candidate.versionId === versionId);
    return version ? withinCoverage(version, coverage) : null;
  }

  async hasVersion(jobId: LongId, versionId: LongId, options?: Freshness): Promise<boolean> {
    return (await this.trainingJobVersion(jobId, versionId, "list", options))?.jobId === jobId;
  }

  async resourceSpecs(query: ResourceSpecQuery, options?: Freshness): Promise<ResourceSpec[]> {
    return (await this.answer("resourceSpecs", JSON.stringify(query), options)).specs;
  }

  async engineSpecs(jobType: JobType, options?: Freshness): Promise<EngineSpec[]> {
    return (await this.answer("engineSpecs", jobType, options)).engines;
  }

  ingredients(): Ingredients | undefined {
    return undefined;
  }
}

const SUMMARY_FIELDS = "jobId jobName jobDesc versionId status statusCode terminal createTime duration".split(
  " ",
);

/** As much of a version as an upstream answer of that coverage tells. */
export function withinCoverage(version: TrainingJobVersion, coverage: Coverage): TrainingJobVersion {
  if (coverage === "details") return { ...version, coverage };
  if (coverage === "list") return { ...version, coverage, specCode: null };
  const told = Object.entries(version).filter(([name]) => SUMMARY_FIELDS.includes(name));
  return aVersion({ versionName: null, ...Object.fromEntries(told), coverage });
}
