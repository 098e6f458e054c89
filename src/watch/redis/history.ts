import type { LongId } from "../../domain/index.js";
import type { RedisConnection } from "../../redis.js";
import type { RedisScript } from "../../redis-script.js";
import { stateAfter } from "../changes.js";
import { jobKeyText } from "../job-key.js";
import {
  type Announcement,
  type Append,
  type Beginning,
  HISTORY_RETENTION_MS,
  type HistoryChange,
  type HistoryEntry,
  type HistoryHead,
  type HistoryPage,
  type JobKey,
  type Position,
  type Snapshot,
  type StatusChange,
  type VersionState,
  type WatchHistory,
} from "../ports.js";
import { ANNOUNCE, APPEND, BEGIN, BEGIN_POLL, INTRODUCE, LOAD, READ, WANT } from "./history-scripts.js";
import { jobKeys, wakeChannel } from "./keys.js";

type Outline = (string | null)[];
type StreamEntry = [id: string, fields: string[]];

const OUTLINE = [
  "inc",
  "seq",
  "originInc",
  "originSeq",
  "announced",
  "seeded",
  "wanted",
  "served",
  "polledAt",
  "complete",
] as const;

/** Histories that all replicas share: a hash, a hash of states and a stream for each job, in one Redis slot. */
export class RedisHistory implements WatchHistory {
  constructor(
    private readonly redis: RedisConnection,
    private readonly length: number,
  ) {}

  async head(job: JobKey): Promise<HistoryHead | null> {
    return headOf(await this.redis.commands.hmget(jobKeys(this.redis, job).head, ...OUTLINE));
  }

  async load(job: JobKey): Promise<Snapshot | null> {
    const reply = (await this.#run(LOAD, job, [])) as [Outline, string[]] | null;
    const head = reply && headOf(reply[0]);
    return head && { head, states: statesOf(reply[1]) };
  }

  async read(job: JobKey, { incarnation, seq }: Position, limit: number): Promise<HistoryPage | null> {
    const reply = await this.#run(READ, job, [incarnation, seq, limit]);
    if (!reply) return null;
    const [outline, reachable, entries] = reply as [Outline, number, StreamEntry[]];
    const head = headOf(outline);
    return head && { head, reachable: reachable === 1, entries: entries.map(entryOf) };
  }

  async want(job: JobKey): Promise<number> {
    return Number(await this.#run(WANT, job, []));
  }

  async beginPoll(job: JobKey): Promise<{ tick: number; wanted: boolean }> {
    const [tick, wanted] = (await this.#run(BEGIN_POLL, job, [])) as [string, number];
    return { tick: Number(tick), wanted: wanted === 1 };
  }

  async append(job: JobKey, { fence, isLate, base, changes, refresh }: Append) {
    const states = [...refresh].flatMap(([versionId, state]) => [versionId, JSON.stringify(state)]);
    const late = isLate ? 1 : 0;
    const all = changes.flatMap(changeArgs);
    const args = [fence, base.incarnation, base.seq, late, changes.length, ...all, ...states];
    return (await this.#run(APPEND, job, args)) as "appended" | "conflict" | "fenced";
  }

  async announce(job: JobKey, { fence, incarnation, served, polledAt, complete }: Announcement) {
    const args = [fence, incarnation, served, polledAt, complete ? 1 : 0];
    return (await this.#run(ANNOUNCE, job, args)) as "announced" | "conflict" | "fenced";
  }

  async begin(
    job: JobKey,
    { incarnation, seq, origin, seeded, states, entries }: Beginning,
  ): Promise<boolean> {
    const args = [
      incarnation,
      seq,
      origin?.incarnation ?? "",
      origin?.seq ?? 0,
      seeded ? 1 : 0,
      states.size,
      ...[...states].flatMap(([versionId, state]) => [versionId, JSON.stringify(state)]),
      ...entries.flatMap(({ seq: entrySeq, ...change }) => [entrySeq, ...changeArgs(change)]),
    ];
    return (await this.#run(BEGIN, job, args)) === 1;
  }

  async introduce(job: JobKey, change: StatusChange, newIncarnation: () => string): Promise<void> {
    const [, versionId, text, state] = changeArgs(change);
    await this.#run(INTRODUCE, job, [newIncarnation(), versionId, text, state]);
  }

  #run(script: RedisScript, job: JobKey, args: (string | number)[]): Promise<unknown> {
    const { head, states, log } = jobKeys(this.redis, job);
    const common = [this.length, HISTORY_RETENTION_MS, wakeChannel(this.redis), jobKeyText(job)];
    return script.run(this.redis, [head, states, log], [...common, ...args]);
  }
}

function changeArgs(change: HistoryChange): [kind: string, version: string, change: string, state: string] {
  const versionId = change.kind === "gone" ? "" : change.versionId;
  const state = change.kind === "status" ? JSON.stringify(stateAfter(change)) : "";
  return [change.kind, versionId, JSON.stringify(change), state];
}

function headOf(outline: Outline): HistoryHead | null {
  const [incarnation, seq, originInc, originSeq, announced, seeded, wanted, served, polledAt, complete] =
    outline;
  if (!incarnation) return null;
  return {
    incarnation,
    seq: Number(seq),
    origin: originInc ? { incarnation: originInc, seq: Number(originSeq) } : null,
    announced: Number(announced),
    seeded: seeded === "1",
    wanted: Number(wanted),
    served: Number(served),
    polledAt: Number(polledAt),
    complete: complete === "1",
  };
}

function statesOf(flat: string[]): Map<LongId, VersionState> {
  const states = new Map<LongId, VersionState>();
  for (let i = 0; i + 1 < flat.length; i += 2) {
    states.set(flat[i] as LongId, JSON.parse(flat[i + 1] ?? "null") as VersionState);
  }
  return states;
}

function entryOf([id, [, change = "null"]]: StreamEntry): HistoryEntry {
  return { seq: Number.parseInt(id, 10), ...(JSON.parse(change) as HistoryChange) };
}
