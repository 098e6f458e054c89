import type { LongId } from "../domain/index.js";
import type { Notice, StatusNotice } from "./notice.js";

/** Unread events of one version beyond this many collapse to the newest. */
export const MAX_UNREAD_PER_VERSION = 100;
/** Beyond this many unread events in all, one per version is left. */
export const MAX_UNREAD = 1_000;

/** What one subscriber has not read yet: bounded, however slow he is. */
export class Backlog {
  #notices: Notice[] = [];

  /** @param onCollapse is told how many events were dropped */
  constructor(private readonly onCollapse: (dropped: number) => void) {}

  get first(): Notice | undefined {
    return this.#notices[0];
  }

  shift(): Notice | undefined {
    return this.#notices.shift();
  }

  /** The newest unread notice about a version. */
  latest(versionId: LongId): StatusNotice | undefined {
    return this.#notices.findLast((n): n is StatusNotice => n.kind === "status" && n.versionId === versionId);
  }

  clear(): void {
    this.#notices = [];
  }

  /** Takes what a subscription starts with: as much as there are versions, or as the history holds. */
  fill(notices: readonly Notice[]): void {
    this.#notices.push(...notices);
  }

  push(notice: Notice): void {
    this.#notices.push(notice);
    if (notice.kind === "status" && this.#notices.length > MAX_UNREAD_PER_VERSION) this.#bound(notice);
  }

  #bound({ versionId }: StatusNotice): void {
    let ofVersion = 0;
    for (const n of this.#notices) if (n.kind === "status" && n.versionId === versionId) ofVersion += 1;
    if (ofVersion > MAX_UNREAD_PER_VERSION) this.#collapse((n) => n.versionId === versionId);
    else if (this.#notices.length > MAX_UNREAD) this.#collapse(() => true);
  }

  /** Leaves the newest of each chosen version, where others of it were dropped as a gap, and keeps the order. */
  #collapse(isChosen: (notice: StatusNotice) => boolean): void {
    const counts = new Map<LongId, number>();
    const kept: Notice[] = [];
    for (const notice of this.#notices.toReversed()) {
      if (notice.kind !== "status" || !isChosen(notice)) {
        kept.push(notice);
        continue;
      }
      const count = counts.get(notice.versionId) ?? 0;
      counts.set(notice.versionId, count + 1);
      if (count === 0) kept.push(notice);
    }
    const dropped = this.#notices.length - kept.length;
    if (dropped === 0) return;
    this.#notices = kept
      .toReversed()
      .map((n) => (n.kind === "status" && (counts.get(n.versionId) ?? 0) > 1 ? n.asGap() : n));
    this.onCollapse(dropped);
  }
}
