import type { Client } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fleet } from "../support/fleet.js";
import { collect, type Received, socketOf } from "../support/graphql-client.js";
import { until } from "../support/until.js";

const VERSIONS = 12;
/** Unread events beyond which they collapse: of one version, and of all. */
const KEPT = { ofVersion: 100, inAll: 1_000 };
/** Statuses with numbers from there on are not documented, and pass. In each round every version takes on the next. */
const FIRST_CODE = 1_000;

/** So much that the network takes only a few events of a client that does not read. */
const BULK = Array.from({ length: 450 }, (_, n) => `${"x".repeat(150)}${n}: cursor`).join(" ");

interface Change {
  versionId: string;
  statusCode: number;
  gap: boolean;
}

/** The rounds that a version was told in, before its gap and from there on, and how much was unread when it collapsed. */
function toldOf({ events }: Received<Change>, versionId: string) {
  const own = events.filter((event) => event.versionId === versionId);
  const gaps = own.flatMap(({ gap }, index) => (gap ? [index] : []));
  expect(gaps, "events that are marked as a gap").toHaveLength(1);
  const rounds = own.map(({ statusCode }) => statusCode - FIRST_CODE);
  const [before, after] = [rounds.slice(0, gaps[0]), rounds.slice(gaps[0])];
  const newest = after[0] ?? 0;
  return { before, after, newest, unread: newest + 1 - before.length };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

describe("a client that stops reading while changes pile up in one of three replicas", () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.start(3, { STATUS_POLL_INTERVAL_MS: "20", STATUS_POLL_MAX_INTERVAL_MS: "40" });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  function addJob() {
    const { id } = fleet.simulator.addJob();
    const versions = range(0, VERSIONS).map(() => fleet.simulator.addVersion(id, { status: FIRST_CODE }).id);
    const reach = (round: number) => {
      for (const version of versions) fleet.simulator.setStatus(id, version, FIRST_CODE + round);
    };
    return { jobId: String(id), versions: versions.map(String), reach };
  }

  function watchJob(client: Client, jobId: string, fields = ""): Received<Change> {
    const query = `subscription ($jobId: ID!) {
      trainingJobStatusChanged(jobId: $jobId) { versionId statusCode gap ${fields} }
    }`;
    return collect(client, { query, variables: { jobId } });
  }

  function watchVersion(client: Client, jobId: string, versionId: string): Received<Change> {
    const query = `subscription ($jobId: ID!, $versionId: ID!) {
      trainingJobVersionStatusChanged(jobId: $jobId, versionId: $versionId) { versionId statusCode gap }
    }`;
    return collect(client, { query, variables: { jobId, versionId } });
  }

  it("is told what the network took, then each version's newest status as a gap, then every change again", async () => {
    const { jobId, versions, reach } = addJob();
    const [one = ""] = versions;
    const [reading, sleeping] = [fleet.connect(0), fleet.connect(1)];
    const socket = socketOf(sleeping);
    const reader = watchJob(reading, jobId);
    const ofJob = watchJob(sleeping, jobId, BULK);
    const ofOne = watchVersion(sleeping, jobId, one);
    const countOf = ({ events }: Received<Change>, round: number) =>
      events.filter(({ statusCode }) => statusCode === FIRST_CODE + round).length;
    const haveSeen = (round: number) => () =>
      countOf(reader, round) === VERSIONS &&
      countOf(ofJob, round) === VERSIONS &&
      countOf(ofOne, round) === 1;
    await until("everybody has begun", haveSeen(0));

    (await socket).pause();
    let rounds = 0;
    async function goThrough(count: number): Promise<void> {
      for (const end = rounds + count; rounds < end; ) {
        rounds += 1;
        reach(rounds);
        const told = VERSIONS * (rounds + 1);
        await until(`the reader is told of round ${rounds}`, () => reader.events.length === told);
      }
    }
    // Neither collapse alone drops that many.
    while ((await fleet.metric(1, "watch_collapsed_events_total")) < KEPT.inAll) await goThrough(5);
    await goThrough(2);
    (await socket).resume();
    await until("the sleepers have caught up", haveSeen(rounds));

    expect(reader.events.map(({ gap }) => gap)).not.toContain(true);
    const told = versions.map((version) => toldOf(ofJob, version));
    for (const { before, after, newest } of [...told, toldOf(ofOne, one)]) {
      expect(before).toEqual(range(0, before.length));
      expect(after).toEqual(range(newest, rounds + 1));
    }
    expect(toldOf(ofOne, one).unread).toBe(KEPT.ofVersion + 1);
    expect(told.reduce((sum, { unread }) => sum + unread, 0)).toBe(KEPT.inAll + 1);
    await Promise.all([reading.dispose(), sleeping.dispose()]);
  });
});
