import type { LongId } from "./long-id.js";
import type { StatusMeaning, TrainingJobStatus } from "./status.js";
import type { EpochMillis, TrainingJobVersion } from "./training-job.js";

/** One status of one version, as a subscriber is told of it. */
export interface StatusEvent extends StatusMeaning {
  /** Resume point: what follows this event is got by subscribing with it. */
  cursor: string;
  jobId: LongId;
  versionId: LongId;
  /** The status in this version's event that this subscriber got before; null in a first event and in a gap event. */
  previousStatus: TrainingJobStatus | null;
  observedAt: EpochMillis;
  /** True when changes before this event may have been missed: it is the current state, not the next change. */
  gap: boolean;
  /** From the poll that observed the status, never older than the event; null where that is not known any more. */
  version: TrainingJobVersion | null;
}
