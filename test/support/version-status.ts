/** Watches one version, from its current status or after a cursor. */
export const WATCH_VERSION = `subscription ($jobId: ID!, $versionId: ID!, $after: String) {
  trainingJobVersionStatusChanged(jobId: $jobId, versionId: $versionId, after: $after) {
    cursor status previousStatus gap
  }
}`;

/** What {@link WATCH_VERSION} is told. */
export interface VersionStatusEvent {
  cursor: string;
  status: string;
  previousStatus: string | null;
  gap: boolean;
}
