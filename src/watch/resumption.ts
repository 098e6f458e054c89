import { type LongId, statusFromCode } from "../domain/index.js";
import { type Cursor, compareVersions, type VersionOrder } from "./cursor.js";
import { FirstEvents } from "./first-events.js";
import type { Line } from "./line.js";
import type { EventContext, Notice, StatusNotice } from "./notice.js";
import type { HistoryEntry, Position, WatchHistory } from "./ports.js";

const PAGE = 500;

/** What followed a cursor, up to where this replica is; undefined when that cannot be told any more. */
export async function entriesAfter(
  cursor: Cursor,
  line: Line,
  history: WatchHistory,
  { job }: EventContext,
): Promise<HistoryEntry[] | undefined> {
  const kept = cursor.incarnation === line.position.incarnation ? line.after(cursor.seq) : undefined;
  if (kept) return kept;
  const entries: HistoryEntry[] = [];
  for (let at: Position = cursor; ; ) {
    const page = await history.read(job, at, PAGE);
    if (!page?.reachable || page.head.incarnation !== line.position.incarnation) return undefined;
    entries.push(...page.entries);
    const last = page.entries.at(-1)?.seq ?? 0;
    if (page.entries.length < PAGE || last >= line.position.seq) break;
    at = { incarnation: page.head.incarnation, seq: last };
  }
  return entries.filter((entry) => entry.seq <= line.position.seq);
}

export interface ResumptionInput {
  versionId: LongId | undefined;
  cursor: Cursor;
  /** What followed the cursor, up to the line's position. */
  entries: readonly HistoryEntry[];
  line: Line;
  context: EventContext;
  noticeOf(entry: HistoryEntry): Notice;
}

/** What a subscription gets that goes on after a cursor: the changes since, then first events that were not given before. */
export function resume(input: ResumptionInput): Notice[] {
  const { versionId, entries, line, noticeOf } = input;
  const changes = entries.filter((entry) => isNews(entry, input)).map(noticeOf);
  const own = changes.filter(
    (notice) => !("versionId" in notice) || notice.versionId === (versionId ?? notice.versionId),
  );
  const all = [...own, ...untold(input)];
  const state = versionId === undefined ? undefined : line.states.get(versionId);
  const isAtEnd = all.length === 0 && state !== undefined && statusFromCode(state.statusCode).terminal;
  return isAtEnd ? [{ kind: "completed" }] : all;
}

/** A version's end is no news when it is back, nor a job's when something followed. */
function isNews(entry: HistoryEntry, { cursor, line }: ResumptionInput): boolean {
  if (entry.kind === "gone") return entry.seq === line.position.seq;
  if (entry.kind === "vanished") return !line.states.has(entry.versionId);
  return !isUntold(entry.versionId, line, cursor.upTo);
}

/** Whether the connection was lost before this version's first event was given. */
function isUntold(versionId: LongId, { states }: Line, upTo: VersionOrder | undefined): boolean {
  const createTime = states.get(versionId)?.createTime ?? null;
  return upTo !== undefined && compareVersions({ versionId, createTime }, upTo) > 0;
}

function untold({ versionId, cursor: { upTo }, line, context }: ResumptionInput): StatusNotice[] {
  if (!upTo) return [];
  const { position: at, states } = line;
  const first = new FirstEvents({ context, at, states, polledAt: 0, gap: false });
  if (versionId === undefined) return first.ofJob(upTo);
  const notice = isUntold(versionId, line, upTo) ? first.ofVersion(versionId) : undefined;
  return notice ? [notice] : [];
}
