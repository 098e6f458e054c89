import type { EpochMillis, JobWithVersions, LongId, TrainingJobVersion } from "../domain/index.js";
import { compareVersions } from "./cursor.js";
import type { HistoryChange, VersionState } from "./ports.js";

/** A version that this gateway created counts as vanished only this long after, because a list can lag behind. */
export const CREATION_GRACE_MS = 30_000;

/** What a poll saw, and under which circumstances. */
export interface Observation {
  job: JobWithVersions;
  observedAt: EpochMillis;
  /** The job was not watched before this poll. */
  gap: boolean;
}

function stateOf(
  version: TrainingJobVersion,
  observedAt: EpochMillis,
  before: VersionState | undefined,
): VersionState {
  const { statusCode, createTime } = version;
  const createdAt = before?.createdAt;
  return { statusCode, observedAt, createTime, version, ...(createdAt !== undefined && { createdAt }) };
}

/** What is known of a job before a poll is taken in. */
export interface KnownStates {
  states: ReadonlyMap<LongId, VersionState>;
  /** False while nothing has been polled: a version that is not known is then no news. */
  seeded: boolean;
}

/** The changes from what is known to what a poll saw, the oldest version first. */
export function changesBetween(known: KnownStates, { job, observedAt, gap }: Observation): HistoryChange[] {
  const changes: HistoryChange[] = [];
  for (const version of job.versions.toSorted(compareVersions)) {
    const before = known.states.get(version.versionId);
    if (before ? before.statusCode === version.statusCode : !known.seeded) continue;
    const previousCode = before?.statusCode ?? null;
    const state = stateOf(version, observedAt, before);
    changes.push({ kind: "status", versionId: version.versionId, previousCode, gap, ...state });
  }
  return job.complete ? [...changes, ...vanished(known.states, job, observedAt)] : changes;
}

function vanished(
  states: ReadonlyMap<LongId, VersionState>,
  job: JobWithVersions,
  observedAt: EpochMillis,
): HistoryChange[] {
  const listed = new Set(job.versions.map((version) => version.versionId));
  return [...states]
    .filter(([versionId, state]) => !listed.has(versionId) && !isJustCreated(state, observedAt))
    .map(([versionId]) => ({ kind: "vanished", versionId, observedAt }));
}

function isJustCreated({ createdAt }: VersionState, now: EpochMillis): boolean {
  return createdAt !== undefined && now - createdAt < CREATION_GRACE_MS;
}

/** States to store without telling anybody: what a first poll finds, and newer details under the same status. */
export function refreshedStates(
  known: KnownStates,
  { job, observedAt }: Observation,
): Map<LongId, VersionState> {
  const refreshed = new Map<LongId, VersionState>();
  for (const version of job.versions) {
    const before = known.states.get(version.versionId);
    if (before ? before.statusCode !== version.statusCode : known.seeded) continue;
    if (before && JSON.stringify(before.version) === JSON.stringify(version)) continue;
    refreshed.set(version.versionId, stateOf(version, observedAt, before));
  }
  return refreshed;
}

/** Brings states up to date with a change. */
export function applyChange(states: Map<LongId, VersionState>, change: HistoryChange): void {
  if (change.kind === "gone") states.clear();
  else if (change.kind === "vanished") states.delete(change.versionId);
  else states.set(change.versionId, stateAfter(change));
}

/** The state that a change leaves its version in. */
export function stateAfter(change: Extract<HistoryChange, { kind: "status" }>): VersionState {
  const { statusCode, observedAt, createTime, version, createdAt } = change;
  return { statusCode, observedAt, createTime, version, ...(createdAt !== undefined && { createdAt }) };
}
