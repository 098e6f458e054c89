import { completed, type StatusOf, VERSIONS_PER_JOB } from "./wire.js";

const WAITING = 7;
const RUNNING = 8;
const TICK_MS = 20;

/** The versions of jobs 1 to `jobs` change between two statuses, one after the other, at that pace. */
export interface ChangePace {
  jobs: number;
  versionsPerJob: number;
  changesPerSecond: number;
}

/** A changed version's first appearance in an answer. */
export interface Served {
  jobId: number;
  versionId: number;
  statusCode: number;
  /** Milliseconds since the epoch, with fractions: comparable between processes of one machine. */
  at: number;
}

/** Milliseconds since the epoch, with fractions. */
export const preciseNow = (): number => performance.timeOrigin + performance.now();

/** Statuses that change by timer, and a record of when each change was first shown to somebody. */
export function createStatusChanges() {
  const statuses = new Map<string, number>();
  const unshown = new Map<number, Set<number>>();
  let served: Served[] = [];
  let timer: NodeJS.Timeout | undefined;
  let next = 0;

  const statusOf: StatusOf = (jobId, versionId) =>
    statuses.get(`${jobId}/${versionId}`) ?? completed(jobId, versionId);

  function change(index: number, jobs: number): void {
    const jobId = (index % jobs) + 1;
    const versionId = VERSIONS_PER_JOB - Math.floor(index / jobs);
    statuses.set(`${jobId}/${versionId}`, statusOf(jobId, versionId) === RUNNING ? WAITING : RUNNING);
    const versions = unshown.get(jobId) ?? new Set();
    // A change back to what was shown last is no change that anybody can see.
    if (!versions.delete(versionId)) versions.add(versionId);
    unshown.set(jobId, versions);
  }

  return {
    statusOf,

    /** Whether any version's status is another than at first. */
    haveBegun: (): boolean => statuses.size > 0,

    /** Sets all of them running, then changes them at that pace until told otherwise; 0 stops. */
    run({ jobs, versionsPerJob, changesPerSecond }: ChangePace): void {
      clearInterval(timer);
      const count = jobs * versionsPerJob;
      for (let index = 0; index < count; index++) {
        const key = `${(index % jobs) + 1}/${VERSIONS_PER_JOB - Math.floor(index / jobs)}`;
        if (!statuses.has(key)) statuses.set(key, RUNNING);
      }
      if (changesPerSecond === 0) return;
      const startedAt = performance.now();
      let done = 0;
      timer = setInterval(() => {
        const due = Math.floor(((performance.now() - startedAt) * changesPerSecond) / 1000);
        for (; done < due; done++) change(next++ % count, jobs);
      }, TICK_MS);
    },

    /** The list of that job's versions is being sent. */
    served(jobId: number): void {
      const at = preciseNow();
      for (const versionId of unshown.get(jobId) ?? []) {
        served.push({ jobId, versionId, statusCode: statusOf(jobId, versionId), at });
      }
      unshown.delete(jobId);
    },

    /** What was shown since the last time. */
    takeServed(): Served[] {
      const taken = served;
      served = [];
      return taken;
    },
  };
}
