import { notFound } from "../answers.js";
import type { SimulatorClock } from "../clock.js";
import type { Job, Metrics, Project, Version, VersionConfig } from "./entities.js";
import {
  continueWith,
  type Outcome,
  type Pace,
  planLife,
  statusAt,
  stopLife,
  type Timeline,
} from "./lifecycle.js";

/** An id as a test likes to write it. */
export type Id = bigint | number | string;

export interface NewJob {
  /** The next free one unless given. */
  id?: Id;
  name: string;
  desc?: string;
  workspaceId?: string;
  createTime?: number;
}

export interface NewVersion {
  /** The next free one unless given. */
  id?: Id;
  preVersionId?: Id;
  createTime?: number;
  /** Replaces the whole of a plausible default. */
  config?: VersionConfig;
  /** How its life goes; `completed` unless given. */
  outcome?: Outcome;
  /** Has this status from the start and keeps it, instead of living. */
  status?: number;
  /** Exactly this life, instead of one planned by outcome or status. */
  timeline?: Timeline;
  metrics?: Metrics;
}

const DEFAULT_CONFIG: VersionConfig = {
  worker_server_num: 1,
  app_url: "/usr/app/",
  boot_file_url: "/usr/app/boot.py",
  data_url: "/usr/data/",
  spec_id: 1n,
  engine_id: 1n,
  train_url: "/usr/train/",
  log_url: "/usr/log/",
};

/** Everything that the simulated service remembers, in memory. */
export class Store {
  readonly #clock: SimulatorClock;
  readonly #projects = new Map<string, Project>();
  #lastId: bigint;
  pace: Pace;

  /** @param firstNewId the id of the first job or version that is created without one; each later one is greater */
  constructor(options: { clock: SimulatorClock; pace: Pace; firstNewId: bigint }) {
    this.#clock = options.clock;
    this.pace = options.pace;
    this.#lastId = options.firstNewId - 1n;
  }

  now(): number {
    return this.#clock.now();
  }

  addProject(id: string, parts: Partial<Omit<Project, "id">> = {}): Project {
    const project: Project = {
      id,
      jobs: new Map(),
      specs: [],
      engines: [],
      algorithms: [],
      jobCountLimit: 1_000,
      versionCountLimit: 1_000,
      ...parts,
    };
    this.#projects.set(id, project);
    return project;
  }

  /** @throws Error when there is no such project */
  project(id: string): Project {
    const project = this.#projects.get(id);
    if (!project) throw new Error(`the simulator has no project ${id}`);
    return project;
  }

  hasProject(id: string): boolean {
    return this.#projects.has(id);
  }

  #newId(): bigint {
    this.#lastId += 1n;
    return this.#lastId;
  }

  /** The jobs that exist now. */
  jobs(projectId: string): Job[] {
    const { jobs } = this.project(projectId);
    for (const job of jobs.values()) if (!this.#exists(job)) jobs.delete(job.id);
    return [...jobs.values()];
  }

  /** @throws Refusal ModelArts.0015 when it does not exist */
  job(projectId: string, jobId: Id): Job {
    const job = this.project(projectId).jobs.get(BigInt(jobId));
    if (!job || !this.#exists(job)) throw notFound(`The training job ${jobId} does not exist.`);
    return job;
  }

  /** The versions that exist now, oldest first. */
  versions(job: Job): readonly Version[] {
    if (!job.versions.every((version) => this.#exists(version))) {
      job.versions = job.versions.filter((version) => this.#exists(version));
    }
    return job.versions;
  }

  /** @throws Refusal ModelArts.0015 when it does not exist */
  version(projectId: string, jobId: Id, versionId: Id): Version {
    const id = BigInt(versionId);
    const version = this.versions(this.job(projectId, jobId)).find((candidate) => candidate.id === id);
    if (!version) throw notFound(`The version ${versionId} of training job ${jobId} does not exist.`);
    return version;
  }

  statusOf(version: Version): number {
    return statusAt(version.timeline, this.now());
  }

  #exists(thing: { goneAt?: number }): boolean {
    return thing.goneAt === undefined || thing.goneAt > this.now();
  }

  addJob(projectId: string, job: NewJob): Job {
    const created: Job = {
      id: job.id === undefined ? this.#newId() : BigInt(job.id),
      name: job.name,
      desc: job.desc ?? "",
      createTime: job.createTime ?? this.now(),
      workspaceId: job.workspaceId ?? "0",
      versions: [],
      versionsCreated: 0,
    };
    this.project(projectId).jobs.set(created.id, created);
    return created;
  }

  addVersion(projectId: string, jobId: Id, version: NewVersion = {}): Version {
    const job = this.job(projectId, jobId);
    const createTime = version.createTime ?? this.now();
    const config = version.config ?? DEFAULT_CONFIG;
    const preVersionId = version.preVersionId ?? this.versions(job).at(-1)?.id;
    job.versionsCreated += 1;
    const created: Version = {
      id: version.id === undefined ? this.#newId() : BigInt(version.id),
      name: `V${String(job.versionsCreated).padStart(4, "0")}`,
      ...(preVersionId !== undefined && { preVersionId: BigInt(preVersionId) }),
      createTime,
      config,
      ...(version.metrics && { metrics: version.metrics }),
      timeline: version.timeline ?? this.#plannedLife(version, createTime, config),
    };
    job.versions.push(created);
    return created;
  }

  #plannedLife(version: NewVersion, createTime: number, config: VersionConfig): Timeline {
    if (version.status !== undefined) return [{ at: createTime, status: version.status }];
    const customImage = config.user_image_url !== undefined;
    return planLife(createTime, version.outcome ?? "completed", this.pace, customImage);
  }

  /** From now on the version has this status and keeps it. */
  setStatus(projectId: string, jobId: Id, versionId: Id, status: number): void {
    const version = this.version(projectId, jobId, versionId);
    const now = this.now();
    version.timeline = continueWith(version.timeline, now, { at: now, status });
  }

  /** Cancels a version; it takes a while to be KILLED. */
  stop(version: Version): void {
    version.timeline = stopLife(version.timeline, this.now(), this.pace);
  }

  /** Deletes a job or a version; it takes a while to be gone, unless `atOnce`. */
  remove(thing: Job | Version, options: { atOnce?: boolean } = {}): void {
    thing.goneAt ??= this.now() + (options.atOnce ? 0 : this.pace.delete);
  }
}
