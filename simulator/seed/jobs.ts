import { STATUS, type Timeline } from "../store/lifecycle.js";
import type { Store } from "../store/store.js";
import { pick, SAMPLE_CONFIG, someConfig, someMetrics } from "./configs.js";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The vendor's sample: job 10 with version 20. */
export const SAMPLE_JOB = 10n;
export const JOB_WITH_TWENTY_VERSIONS = 11n;
export const JOB_WITH_FIFTY_VERSIONS = 12n;
export const JOB_WITHOUT_VERSIONS = 13n;
/** Created as the simulator starts, so that there is something alive to look at. */
export const LIVE_JOB = 14n;
/** Its id and its newest version's are the greatest that a Long holds. */
export const JOB_WITH_GREATEST_ID = 9_223_372_036_854_775_807n;
/** From this job on, one job's current version has each status of the vendor's table in turn, and then one unlisted. */
export const FIRST_JOB_OF_STATUSES = 15n;
const ORDINARY_JOBS = 32;

const TOPICS = ["resnet50", "bert", "yolo", "deeplab", "wide-deep", "lstm", "xgboost", "facenet"] as const;
const DATASETS = ["flowers", "churn", "plates", "defects", "reviews", "traffic", "cells"] as const;
/** Every status of the vendor's table, and one that it does not list. */
const STATUSES = [...Object.values(STATUS), 42];
const ENDS = [STATUS.COMPLETED, STATUS.COMPLETED, STATUS.COMPLETED, STATUS.FAILED, STATUS.KILLED] as const;
const AFTER_RUNNING = new Set<number>([
  STATUS.RUNNING,
  STATUS.KILLING,
  STATUS.COMPLETED,
  STATUS.FAILED,
  STATUS.KILLED,
  STATUS.LOST,
  STATUS.SUBMIT_MODEL_FAILED,
  STATUS.DEPLOY_SERVICE_FAILED,
]);

/** What a version with this status has been through. */
function pastLife(createTime: number, status: number, ranMs: number): Timeline {
  if (status === STATUS.INIT) return [{ at: createTime, status }];
  const queued: Timeline = [
    { at: createTime, status: STATUS.INIT },
    { at: createTime + 20 * SECOND_MS, status: STATUS.SUBMIT_TRYING },
  ];
  if (!AFTER_RUNNING.has(status)) return [...queued, { at: createTime + 40 * SECOND_MS, status }];
  const start = createTime + MINUTE_MS;
  const running: Timeline = [...queued, { at: start, status: STATUS.RUNNING }];
  return status === STATUS.RUNNING ? running : [...running, { at: start + ranMs, status }];
}

/** Fills one project with jobs. */
class JobSeeder {
  readonly #store: Store;
  readonly #projectId: string;
  readonly #random: () => number;
  readonly #start: number;

  constructor(store: Store, projectId: string, random: () => number) {
    this.#store = store;
    this.#projectId = projectId;
    this.#random = random;
    this.#start = store.now();
  }

  job(id: bigint, name: string, desc: string): void {
    const daysAgo = 60 + Math.floor(this.#random() * 300);
    const createTime = this.#start - daysAgo * DAY_MS;
    this.#store.addJob(this.#projectId, { id, name, desc, createTime });
  }

  /** Adds versions with these ids, a day apart, the newest with `status`. */
  versions(jobId: bigint, topic: string, ids: readonly bigint[], status: number): void {
    for (const [index, id] of ids.entries()) {
      const isNewest = index === ids.length - 1;
      this.version(jobId, topic, id, isNewest ? status : pick(ENDS, this.#random), ids.length - index);
    }
  }

  version(jobId: bigint, topic: string, id: bigint, status: number, daysAgo: number): void {
    const createTime = this.#start - daysAgo * DAY_MS + Math.floor(this.#random() * 1_000);
    const ranMs = MINUTE_MS + Math.floor(this.#random() * 360) * MINUTE_MS;
    this.#store.addVersion(this.#projectId, jobId, {
      id,
      createTime,
      config: jobId === SAMPLE_JOB ? SAMPLE_CONFIG : someConfig(topic, this.#random),
      timeline: pastLife(createTime, status, ranMs),
      ...(status === STATUS.COMPLETED && { metrics: someMetrics(this.#random) }),
    });
  }

  live(jobId: bigint, id: bigint): void {
    this.#store.addVersion(this.#projectId, jobId, { id, config: someConfig("live", this.#random) });
  }
}

/** `count` ids from `first` on. */
const idsFrom = (first: bigint, count: number): bigint[] =>
  Array.from({ length: count }, (_, index) => first + BigInt(index));

function seedNotableJobs(seeder: JobSeeder, prefix: string): void {
  const { COMPLETED } = STATUS;
  const sampleName = prefix === "" ? "TestModelArtsJob" : `${prefix}TestModelArtsJob`;
  seeder.job(SAMPLE_JOB, sampleName, "This is a ModelArts job");
  seeder.versions(SAMPLE_JOB, "sample", [18n, 19n, 20n], COMPLETED);
  seeder.job(JOB_WITH_TWENTY_VERSIONS, `${prefix}resnet50-learning-rates`, "One learning rate per version");
  seeder.versions(JOB_WITH_TWENTY_VERSIONS, "resnet50", idsFrom(101n, 20), COMPLETED);
  seeder.job(JOB_WITH_FIFTY_VERSIONS, `${prefix}bert-nightly`, "Every night on the newest reviews");
  seeder.versions(JOB_WITH_FIFTY_VERSIONS, "bert", idsFrom(201n, 53), STATUS.RUNNING);
  seeder.job(JOB_WITHOUT_VERSIONS, `${prefix}draft-without-versions`, "");
  seeder.job(LIVE_JOB, `${prefix}live-training`, "Runs from the start of the simulator on");
  seeder.live(LIVE_JOB, 301n);
  seeder.job(JOB_WITH_GREATEST_ID, `${prefix}greatest-ids`, "Ids that no double holds");
  seeder.versions(JOB_WITH_GREATEST_ID, "lstm", idsFrom(JOB_WITH_GREATEST_ID - 2n, 3), COMPLETED);
}

/**
 * About 60 jobs: some made for tests (the constants above), one with each status, and ordinary ones.
 *
 * @param prefix starts every name, so that the same ids in two projects can be told apart
 */
export function seedJobs(store: Store, projectId: string, random: () => number, prefix: string): void {
  const seeder = new JobSeeder(store, projectId, random);
  seedNotableJobs(seeder, prefix);
  const ordinary = Array.from({ length: ORDINARY_JOBS }, () => pick(ENDS, random));
  for (const [index, status] of [...STATUSES, ...ordinary].entries()) {
    const id = FIRST_JOB_OF_STATUSES + BigInt(index);
    const topic = pick(TOPICS, random);
    const dataset = pick(DATASETS, random);
    const count = 1 + Math.floor(random() * 5);
    seeder.job(id, `${prefix}${topic}-${dataset}-${id}`, random() < 0.3 ? "" : `${topic} on ${dataset}`);
    seeder.versions(id, topic, idsFrom(1_000n + id * 10n, count), status);
  }
}
