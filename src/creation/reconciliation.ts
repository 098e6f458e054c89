import type { JobWithVersions, LongId, NewVersion, TrainingJobVersion } from "../domain/index.js";
import { hasConfigOf } from "./matching.js";
import type { EarlierPost } from "./transitions.js";

/** How far the upstream's `Date` header and its create_time may be apart. */
const TOLERANCE_MS = 5_000;

/** What a list of the job's versions says about a POST of unknown outcome. */
export type Finding =
  | { kind: "found"; version: TrainingJobVersion }
  | { kind: "several"; candidates: LongId[] }
  | { kind: "none" };

/**
 * The earliest create_time that the result of a claim can have, by the upstream's clock.
 *
 * Two estimates of the instant of the claim by that clock exist. One was recorded with the POST, if an answer of the
 * upstream had been seen by then; it is off when that answer was old. The other is the upstream's time now less the
 * age of the claim, which the store measures with one clock of its own, so that no replica's clock matters; it is off
 * when the upstream's or the store's clock has been set meanwhile. The earlier one counts: to leave out the version
 * that the claim has created would create a second one, whereas one too many must have the same config and belong to
 * nobody else to be taken.
 *
 * @param upstreamNow the upstream's time at the moment for which `earlier` holds (ms since the epoch)
 */
export function earliestCreateTime(earlier: EarlierPost, upstreamNow: number): number {
  const byAge = upstreamNow - earlier.claimAgeMs;
  return Math.min(byAge, earlier.upstreamClaimedAt ?? byAge) - TOLERANCE_MS;
}

/** The versions that the POST may have created, whoever else's they may be. */
export function candidatesOf(
  version: NewVersion,
  job: JobWithVersions,
  earliest: number,
): TrainingJobVersion[] {
  return job.versions.filter(
    (listed) => (listed.createTime === null || listed.createTime >= earliest) && hasConfigOf(version, listed),
  );
}

/**
 * Decides among the candidates that are nobody else's. One whose create_time the upstream does not show may be far
 * older than the claim: it is named, never taken.
 */
export function judge(candidates: readonly TrainingJobVersion[]): Finding {
  const [first, ...others] = candidates;
  if (first === undefined) return { kind: "none" };
  if (others.length === 0 && first.createTime !== null) return { kind: "found", version: first };
  return { kind: "several", candidates: candidates.map(({ versionId }) => versionId) };
}
