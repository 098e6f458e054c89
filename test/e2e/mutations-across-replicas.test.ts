import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LASTING, ReplicaPair, type Which } from "../support/replica-pair.js";
import { CREATE, sampleInput } from "../support/sample.js";
import { STATUS } from "../support/simulator.js";

const REPLICAS: readonly Which[] = [0, 1];
/** Mutations that are raced against reads; each time the reads hit another moment of it. */
const INTERLEAVINGS = 1_000;
/** Jobs that one operation reads, and whose mutations are under way at the same time. */
const TOGETHER = 10;
/** So many of such groups race at a time: enough for reads to meet each other, too few for them to queue for long. */
const LANES = 6;
/** Counted from the mutation's answer, what is sent later than this must show its effect on the other replica (ms). */
const TOLD_WITHIN_MS = 100;

const STOP =
  "mutation ($jobId: ID!, $versionId: ID!) { stopTrainingJobVersion(jobId: $jobId, versionId: $versionId) { jobId } }";
/** Reads as many jobs as are raced together. */
const NAMES = Array.from({ length: TOGETHER }, (_, i) => `j${i}`);
const LOOK = `query (${NAMES.map((name) => `$${name}: ID!`)}) {
  ${NAMES.map((name) => `${name}: trainingJob(jobId: $${name}) { versions { status } }`).join(" ")}
}`;

interface Target {
  jobId: string;
  versionId: string;
}

/** What one read has shown: of which jobs the mutation's effect. */
interface Sighting {
  sentAt: number;
  changed: Set<string>;
}

/** A mutation that has been answered, and by which replica. */
interface Answered extends Target {
  writer: Which;
  at: number;
}

const upTo = (ms: number) => Math.random() * ms;
const coin = () => Math.random() < 0.5;

describe("two replicas that share Redis", () => {
  let pair: ReplicaPair;
  beforeAll(async () => {
    pair = await ReplicaPair.start(LASTING);
  });
  afterAll(() => pair[Symbol.asyncDispose]());

  async function ask(replica: Which, query: string, variables: Record<string, unknown>) {
    const { data, errors } = await pair.ask(replica, query, variables);
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  function newTarget(): Target {
    const job = pair.simulator.addJob();
    const version = pair.simulator.addVersion(job.id, { status: STATUS.RUNNING });
    return { jobId: String(job.id), versionId: String(version.id) };
  }

  /** Reads all of them in one operation. */
  async function look(replica: Which, targets: readonly Target[]): Promise<Sighting> {
    const sentAt = performance.now();
    const data = await ask(
      replica,
      LOOK,
      Object.fromEntries(targets.map(({ jobId }, i) => [`j${i}`, jobId])),
    );
    // A second version, or the only one does not run any more.
    const isChanged = ([first, ...others]: { status: string }[]) =>
      others.length > 0 || first?.status !== "RUNNING";
    const changed = targets.filter((_target, i) => isChanged(data[`j${i}`].versions));
    return { sentAt, changed: new Set(changed.map(({ jobId }) => jobId)) };
  }

  async function mutate(writer: Which, target: Target): Promise<Answered> {
    const { config, ...input } = sampleInput();
    const { jobId, versionId } = target;
    const creation = { input: { ...input, jobId, config: { ...config, preVersionId: versionId } } };
    await (coin() ? ask(writer, CREATE, creation) : ask(writer, STOP, { ...target }));
    return { ...target, writer, at: performance.now() };
  }

  /** Reads on until all has been answered, and once more when the other replica has had its time. */
  async function readOn(replica: Which, targets: readonly Target[], all: Promise<unknown>) {
    const seen: Sighting[] = [];
    let answeredAt = Number.POSITIVE_INFINITY;
    void all
      .catch(() => {})
      .then(() => {
        answeredAt = performance.now();
      });
    while (answeredAt === Number.POSITIVE_INFINITY) {
      seen.push(await look(replica, targets));
      await sleep(upTo(20));
    }
    seen.push(await look(replica, targets));
    await sleep(answeredAt + TOLD_WITHIN_MS + 1 + upTo(5) - performance.now());
    seen.push(await look(replica, targets));
    return seen;
  }

  /** What the sightings of one replica show that they must not. */
  function faults(replica: Which, seen: readonly Sighting[], { jobId, writer, at }: Answered): string[] {
    const within = replica === writer ? 0 : TOLD_WITHIN_MS;
    const old = seen.filter(({ changed }) => !changed.has(jobId));
    const late = old.filter(({ sentAt }) => sentAt > at + within);
    const first = seen.find(({ changed }) => changed.has(jobId));
    const takenBack = old.filter(({ sentAt }) => first !== undefined && sentAt > first.sentAt);
    return [
      ...late.map(
        ({ sentAt }) => `${sentAt - at} ms after the answer of ${writer}, ${replica} shows the old`,
      ),
      ...takenBack.map(({ sentAt }) => `${sentAt - at} ms after the answer, ${replica} takes it back`),
    ];
  }

  /** Holds an answer from before up, until the mutation may have been answered. */
  function answerLate(jobId: string | undefined): void {
    const old = pair.simulator.faults.once({
      route: "listVersions",
      kind: "hang",
      when: "after",
      ...(jobId !== undefined && { jobId }),
    });
    void sleep(upTo(80)).then(() => old.release());
  }

  /** Ten mutations at random moments of reads that begin with everything cached, or with nothing. */
  async function race(): Promise<string[]> {
    const targets = Array.from({ length: TOGETHER }, newTarget);
    if (coin()) await Promise.all(REPLICAS.map((replica) => look(replica, targets)));
    else answerLate(targets[0]?.jobId);
    const mutating = Promise.all(
      targets.map(async (target) => {
        await sleep(upTo(60));
        return mutate(coin() ? 0 : 1, target);
      }),
    );
    const seen = await Promise.all(REPLICAS.map((replica) => readOn(replica, targets, mutating)));
    const answered = await mutating;
    return REPLICAS.flatMap((replica) =>
      answered.flatMap((one) => faults(replica, seen[replica] ?? [], one)),
    );
  }

  it("show a mutation's effect at once on its replica and within 100 ms on the other, amid reads, and never take it back", {
    timeout: 240_000,
  }, async () => {
    const groups = Array.from({ length: INTERLEAVINGS / TOGETHER }, () => race);
    const wrong: string[] = [];
    async function lane(): Promise<void> {
      for (let next = groups.pop(); next !== undefined; next = groups.pop()) wrong.push(...(await next()));
    }
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(wrong).toEqual([]);
  });
});
