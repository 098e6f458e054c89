import type { JournalEntry, JournalFilter } from "../../simulator/journal.js";
import { DEMO_PROJECT, OTHER_PROJECT } from "../../simulator/seed/seed.js";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../simulator/simulator.js";
import type { Job, Version } from "../../simulator/store/entities.js";
import type { Id, NewJob, NewVersion } from "../../simulator/store/store.js";
import { until } from "./until.js";

export type { JournalEntry, JournalFilter } from "../../simulator/journal.js";
export { STATUS } from "../../simulator/store/lifecycle.js";

/**
 * A simulated ModelArts of a test's own. The helpers work on the seeded project {@link TestSimulator.projectId} unless
 * another one is named.
 */
export interface TestSimulator extends Simulator, AsyncDisposable {
  /** `demo-project`. */
  readonly projectId: string;
  /** A valid X-Auth-Token of that project. */
  readonly token: string;
  /** Another valid token of the same project. */
  readonly secondToken: string;
  /** A second tenant: the same job and version ids under other names. */
  readonly other: { readonly projectId: string; readonly token: string };
  /** `{ "X-Auth-Token": token, "X-Project-Id": projectId }` */
  readonly headers: Record<string, string>;
  addJob(job?: Partial<NewJob>, projectId?: string): Job;
  addVersion(jobId: Id, version?: NewVersion, projectId?: string): Version;
  /** From now on the version has this status and keeps it. */
  setStatus(jobId: Id, versionId: Id, status: number, projectId?: string): void;
  statusOf(jobId: Id, versionId: Id, projectId?: string): number;
  /** The job is gone at once. */
  dropJob(jobId: Id, projectId?: string): void;
  /** The version is gone at once. */
  dropVersion(jobId: Id, versionId: Id, projectId?: string): void;
  /** Waits until so many requests that match have arrived, and returns them. */
  untilRequested(filter: JournalFilter, count?: number): Promise<JournalEntry[]>;
}

/**
 * Starts a simulator on a free port of 127.0.0.1. Its clock stands still until `clock.advance(ms)`, so that no status
 * changes by itself; pass `clock: { mode: "real" }` for one that lives.
 *
 * @example
 * await using simulator = await startSimulator();
 * simulator.faults.once({ route: "createVersion", kind: "reset", when: "after" });
 * simulator.setStatus(10, 20, STATUS.RUNNING);
 * expect(simulator.journal.count("createVersion")).toBe(1);
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<TestSimulator> {
  const simulator = await createSimulator({ clock: { mode: "manual" }, ...options });
  const { store, journal } = simulator;
  const projectId = DEMO_PROJECT;
  const token = "demo-token";
  return {
    ...simulator,
    projectId,
    token,
    secondToken: "demo-token-2",
    other: { projectId: OTHER_PROJECT, token: "other-token" },
    headers: { "X-Auth-Token": token, "X-Project-Id": projectId },
    addJob: (job = {}, project = projectId) => store.addJob(project, { name: "test-job", ...job }),
    addVersion: (jobId, version = {}, project = projectId) => store.addVersion(project, jobId, version),
    setStatus: (jobId, versionId, status, project = projectId) =>
      store.setStatus(project, jobId, versionId, status),
    statusOf: (jobId, versionId, project = projectId) =>
      store.statusOf(store.version(project, jobId, versionId)),
    dropJob: (jobId, project = projectId) => store.remove(store.job(project, jobId), { atOnce: true }),
    dropVersion: (jobId, versionId, project = projectId) =>
      store.remove(store.version(project, jobId, versionId), { atOnce: true }),
    untilRequested: (filter, count = 1) =>
      until(`${count} requests like ${JSON.stringify(filter)}`, () => {
        const entries = journal.entries(filter);
        return entries.length >= count && entries;
      }),
    [Symbol.asyncDispose]: simulator.close,
  };
}
