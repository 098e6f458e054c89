import { type LongId, type StatusEvent, statusFromCode, type TrainingJobStatus } from "../domain/index.js";
import { type Cursor, encodeCursor } from "./cursor.js";
import type { HistoryEntry, JobKey, VersionState } from "./ports.js";

/** How events of one job are made. */
export interface EventContext {
  job: JobKey;
  /** The job's cursor tag. */
  tag: string;
}

/** One status of one version on its way to subscribers: one object for all of them. */
export class StatusNotice {
  readonly kind = "status";
  #cursor: string | undefined;
  #event: StatusEvent | undefined;

  constructor(
    private readonly context: EventContext,
    readonly versionId: LongId,
    readonly state: VersionState,
    readonly at: Cursor,
    readonly gap: boolean,
    /** What the history said before; undefined in a first event. */
    readonly previousCode: number | undefined,
  ) {}

  get statusCode(): number {
    return this.state.statusCode;
  }

  /** The same as the current state, changes before it having been dropped. */
  asGap(): StatusNotice {
    return this.gap
      ? this
      : new StatusNotice(this.context, this.versionId, this.state, this.at, true, undefined);
  }

  /** The event for a subscriber who was told `previousCode` before. Subscribers who were told the same share it. */
  event(previousCode: number | undefined): StatusEvent {
    const previousStatus =
      this.gap || previousCode === undefined ? null : statusFromCode(previousCode).status;
    if (this.#event?.previousStatus !== previousStatus) this.#event = this.#build(previousStatus);
    return this.#event;
  }

  #build(previousStatus: TrainingJobStatus | null): StatusEvent {
    this.#cursor ??= encodeCursor(this.context.tag, this.at);
    return {
      cursor: this.#cursor,
      jobId: this.context.job.jobId,
      versionId: this.versionId,
      ...statusFromCode(this.statusCode),
      previousStatus,
      observedAt: this.state.observedAt,
      gap: this.gap,
      version: this.state.version,
    };
  }
}

/** Something that a subscriber must be told of, in order. */
export type Notice =
  | StatusNotice
  | { kind: "vanished"; versionId: LongId }
  | { kind: "gone" }
  /** A subscription of one version is resumed after that version's terminal event. */
  | { kind: "completed" };

/** What an entry of the history of that incarnation means to subscribers. */
export function noticeOf(context: EventContext, incarnation: string, entry: HistoryEntry): Notice {
  if (entry.kind !== "status") return entry;
  const { versionId, previousCode, gap, seq } = entry;
  return new StatusNotice(context, versionId, entry, { incarnation, seq }, gap, previousCode ?? undefined);
}
