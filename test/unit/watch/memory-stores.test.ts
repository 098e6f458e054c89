import { describe, expect, it } from "vitest";
import type { LongId } from "../../../src/domain/index.js";
import { createMemoryWatchStores } from "../../../src/watch/index.js";
import { emptyBeginning } from "../../../src/watch/line.js";
import type { JobKey } from "../../../src/watch/ports.js";
import { FakeClock } from "../../support/fake-clock.js";

/** With those that nobody watches at the moment, 2,500 are kept. */
const WATCHED = 500;
const KEPT = 2_500;

const jobs = Array.from(
  { length: KEPT + 1 },
  (_, n): JobKey => ({ projectId: "p", jobId: `${n}` as LongId }),
);
const [first, last] = [jobs[0] as JobKey, jobs[KEPT] as JobKey];

function open() {
  return createMemoryWatchStores({ clock: new FakeClock(), historyLength: 10, maxWatchedJobs: WATCHED });
}

describe("What a gateway without Redis keeps of jobs", () => {
  it("has room for the histories of all that can be watched, and of others", async () => {
    const { history } = open();
    const kept = jobs.slice(0, KEPT);
    for (const job of kept) await history.begin(job, emptyBeginning("life"));
    const heads = await Promise.all(kept.map((job) => history.head(job)));
    expect(heads.filter((head) => head === null)).toEqual([]);
  });

  it("forgets the history that was used longest ago beyond that", async () => {
    const { history } = open();
    for (const job of jobs) await history.begin(job, emptyBeginning("life"));
    expect(await history.head(last)).not.toBeNull();
    expect(await history.head(first)).toBeNull();
  });

  it("never forgets who holds a lease, the latest holder included", async () => {
    const { lease } = open();
    const hold = (job: JobKey) => lease.hold(job, { owner: job.jobId, ttlMs: 60_000, continuityMs: 60_000 });
    const held = [];
    for (const job of jobs) held.push(await hold(job));
    const again = await Promise.all(jobs.map(hold));
    expect(again.map(({ fence }) => fence)).toEqual(held.map(({ fence }) => fence));
  });
});
