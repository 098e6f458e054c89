import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LongId } from "../../src/domain/index.js";
import type {
  Append,
  Beginning,
  JobKey,
  Position,
  StatusChange,
  VersionState,
  WatchHistory,
} from "../../src/watch/ports.js";
import { until } from "../support/until.js";
import { type OpenStores, STORE_KINDS } from "../unit/watch/support/stores.js";

const JOB: JobKey = { projectId: "p", jobId: "10" as LongId };
const V1 = "1" as LongId;
const V2 = "9223372036854775807" as LongId;

function state(statusCode: number): VersionState {
  return { statusCode, observedAt: 1_000 + statusCode, createTime: 5, version: null };
}

function change(versionId: LongId, statusCode: number, previousCode: number | null = null): StatusChange {
  return { kind: "status", versionId, previousCode, gap: false, ...state(statusCode) };
}

function beginning(more: Partial<Beginning> = {}): Beginning {
  return { incarnation: "i1", seq: 0, origin: null, seeded: false, states: new Map(), entries: [], ...more };
}

function append(base: Position, changes: Append["changes"], more: Partial<Append> = {}): Append {
  return { fence: 1, isLate: false, base, changes, refresh: new Map(), ...more };
}

const at = (seq: number, incarnation = "i1"): Position => ({ incarnation, seq });
const announcement = { fence: 1, incarnation: "i1", served: 0, polledAt: 7, complete: true };

describe.each(STORE_KINDS)("the history kept in $kind", ({ open }) => {
  let opened: OpenStores;
  let history: WatchHistory;

  async function reopen(historyLength?: number): Promise<void> {
    await opened?.close();
    opened = await open(historyLength);
    history = opened.stores.history;
  }
  beforeEach(() => reopen());
  afterEach(() => opened.close());

  /** A history with these changes appended and announced. */
  async function filled(...changes: Append["changes"]): Promise<void> {
    await history.begin(JOB, beginning());
    await history.append(JOB, append(at(0), changes));
    await history.announce(JOB, announcement);
  }

  test("is absent before anybody begins it", async () => {
    expect(await history.head(JOB)).toBeNull();
    expect(await history.load(JOB)).toBeNull();
    expect(await history.read(JOB, at(0), 10)).toBeNull();
  });

  test("begins empty and not seeded, once", async () => {
    expect(await history.begin(JOB, beginning())).toBe(true);
    expect(await history.begin(JOB, beginning({ incarnation: "i2" }))).toBe(false);
    expect(await history.head(JOB)).toMatchObject({ ...at(0), origin: null, announced: 0, seeded: false });
  });

  test("numbers what is appended from 1 without holes and keeps the states", async () => {
    await filled(change(V1, 7), change(V2, 8), change(V1, 8, 7));
    const page = await history.read(JOB, at(0), 10);
    expect(page?.entries).toEqual([
      { ...change(V1, 7), seq: 1 },
      { ...change(V2, 8), seq: 2 },
      { ...change(V1, 8, 7), seq: 3 },
    ]);
    const snapshot = await history.load(JOB);
    expect(snapshot?.head).toMatchObject({
      ...at(3),
      announced: 3,
      seeded: true,
      polledAt: 7,
      complete: true,
    });
    expect(snapshot?.states).toEqual(
      new Map([
        [V1, state(8)],
        [V2, state(8)],
      ]),
    );
  });

  test("forgets the state of a version that vanished, and all of them with the job", async () => {
    await filled(change(V1, 7), change(V2, 8), { kind: "vanished", versionId: V1, observedAt: 3 });
    expect([...((await history.load(JOB))?.states.keys() ?? [])]).toEqual([V2]);
    await history.append(JOB, append(at(3), [{ kind: "gone", observedAt: 4 }]));
    expect((await history.load(JOB))?.states.size).toBe(0);
  });

  test("takes states without telling anybody", async () => {
    await history.begin(JOB, beginning());
    await history.append(JOB, append(at(0), [], { refresh: new Map([[V1, state(10)]]) }));
    expect(await history.load(JOB)).toMatchObject({ head: { seq: 0, seeded: true } });
    expect((await history.load(JOB))?.states.get(V1)).toEqual(state(10));
  });

  test("shows only what was announced", async () => {
    await filled(change(V1, 7));
    await history.append(JOB, append(at(1), [change(V1, 8, 7)]));
    expect((await history.read(JOB, at(0), 10))?.entries.map((e) => e.seq)).toEqual([1]);
    expect(await history.head(JOB)).toMatchObject({ seq: 2, announced: 1 });
    await history.announce(JOB, announcement);
    expect((await history.read(JOB, at(1), 10))?.entries.map((e) => e.seq)).toEqual([2]);
  });

  test("takes changes only on top of the state that they were computed from", async () => {
    await filled(change(V1, 7));
    expect(await history.append(JOB, append(at(0), [change(V1, 8, 7)]))).toBe("conflict");
    expect(await history.append(JOB, append(at(1, "i2"), [change(V1, 8, 7)]))).toBe("conflict");
    expect(await history.append(JOB, append(at(1), [change(V1, 8, 7)]))).toBe("appended");
  });

  test("takes nothing into a history that is not there", async () => {
    expect(await history.append(JOB, append(at(0), [change(V1, 8)]))).toBe("conflict");
    expect(await history.announce(JOB, announcement)).toBe("conflict");
  });

  test("fences out a holder after a later one has appended or announced", async () => {
    await filled(change(V1, 7));
    expect(await history.append(JOB, append(at(1), [change(V1, 8, 7)], { fence: 3 }))).toBe("appended");
    expect(await history.append(JOB, append(at(2), [change(V1, 9, 8)], { fence: 2 }))).toBe("fenced");
    expect(await history.announce(JOB, { ...announcement, fence: 2 })).toBe("fenced");
    expect(await history.announce(JOB, { ...announcement, fence: 4 })).toBe("announced");
    expect(await history.append(JOB, append(at(2), [change(V1, 9, 8)], { fence: 3 }))).toBe("fenced");
  });

  test("takes what comes late, after the lease was lost, unless a later holder has appended or nobody is known to have", async () => {
    await history.begin(JOB, beginning());
    const late = { isLate: true };
    expect(await history.append(JOB, append(at(0), [change(V1, 7)], late))).toBe("fenced");
    await history.append(JOB, append(at(0), [change(V1, 7)]));
    expect(await history.append(JOB, append(at(1), [change(V1, 8, 7)], late))).toBe("appended");
    await history.append(JOB, append(at(2), [change(V1, 9, 8)], { fence: 2 }));
    expect(await history.append(JOB, append(at(3), [change(V1, 10, 9)], late))).toBe("fenced");
  });

  test("reads in pages", async () => {
    await filled(change(V1, 1), change(V1, 2, 1), change(V1, 4, 2));
    expect((await history.read(JOB, at(0), 2))?.entries.map((e) => e.seq)).toEqual([1, 2]);
    expect((await history.read(JOB, at(2), 2))?.entries.map((e) => e.seq)).toEqual([3]);
    expect(await history.read(JOB, at(3), 2)).toMatchObject({ reachable: true, entries: [] });
  });

  test("says so when a position is not its own", async () => {
    await filled(change(V1, 1));
    expect(await history.read(JOB, at(0, "i2"), 10)).toMatchObject({ reachable: false, entries: [] });
    expect(await history.read(JOB, at(2), 10)).toMatchObject({ reachable: false, entries: [] });
  });

  test("keeps as many entries as it is told to and says so when one before them is asked for", async () => {
    await reopen(2);
    await filled(change(V1, 1), change(V1, 2, 1), change(V1, 4, 2));
    expect(await history.read(JOB, at(0), 10)).toMatchObject({ reachable: false });
    expect((await history.read(JOB, at(1), 10))?.entries.map((e) => e.seq)).toEqual([2, 3]);
  });

  describe("polls that somebody waits for", () => {
    test("serve the tickets that were given out before they began, and no later one", async () => {
      await filled();
      const early = await history.want(JOB);
      const poll = await history.beginPoll(JOB);
      const late = await history.want(JOB);
      expect(poll.wanted).toBe(true);
      expect(early).toBeLessThanOrEqual(poll.tick);
      expect(late).toBeGreaterThan(poll.tick);
      await history.announce(JOB, { ...announcement, served: poll.tick });
      expect(await history.head(JOB)).toMatchObject({ wanted: late, served: poll.tick });
      const next = await history.beginPoll(JOB);
      await history.announce(JOB, { ...announcement, served: next.tick });
      expect((await history.beginPoll(JOB)).wanted).toBe(false);
    });

    test("can be asked for before there is a history", async () => {
      const ticket = await history.want(JOB);
      expect(await history.head(JOB)).toBeNull();
      await history.begin(JOB, beginning());
      expect(await history.head(JOB)).toMatchObject({ wanted: ticket, served: 0 });
    });

    test("wake whoever listens", async () => {
      const woken: JobKey[] = [];
      const stop = opened.stores.signals.onWake((job) => woken.push(job));
      await until("it is heard", async () => {
        await history.want(JOB);
        return woken.length > 0;
      });
      expect(woken[0]).toEqual(JOB);
      stop();
    });
  });

  describe("restored from a replica's copy after it was lost", () => {
    const entries = [
      { ...change(V1, 1), seq: 4 },
      { ...change(V1, 2, 1), seq: 5 },
    ];
    const copy = beginning({
      incarnation: "i2",
      seq: 5,
      origin: at(5),
      seeded: true,
      states: new Map([[V1, state(2)]]),
      entries,
    });

    test("goes on under the old numbers", async () => {
      await history.begin(JOB, copy);
      expect(await history.head(JOB)).toMatchObject({
        ...at(5, "i2"),
        origin: at(5),
        announced: 5,
        seeded: true,
      });
      expect((await history.read(JOB, at(4), 10))?.entries).toEqual([entries[1]]);
      expect((await history.read(JOB, at(3, "i2"), 10))?.entries).toEqual(entries);
      expect(await history.read(JOB, at(2), 10)).toMatchObject({ reachable: false });
      expect((await history.load(JOB))?.states.get(V1)).toEqual(state(2));
      expect(await history.append(JOB, append(at(5, "i2"), [change(V1, 7, 2)]))).toBe("appended");
    });

    test("is brought up to date by a replica that knows more, while nothing was appended", async () => {
      await history.begin(JOB, copy);
      const more = { ...change(V2, 8), seq: 6 };
      const better = { ...copy, incarnation: "i3", seq: 6, origin: at(6), entries: [...entries, more] };
      expect(await history.begin(JOB, better)).toBe(true);
      expect(await history.head(JOB)).toMatchObject({ ...at(6, "i2"), origin: at(6), announced: 6 });
      expect((await history.read(JOB, at(5), 10))?.entries).toEqual([more]);
      expect((await history.load(JOB))?.states.get(V2)).toEqual(state(8));
      expect(await history.begin(JOB, better)).toBe(false);
    });

    test("is not touched by a replica that knows more once something was appended", async () => {
      await history.begin(JOB, copy);
      await history.append(JOB, append(at(5, "i2"), [change(V1, 7, 2)]));
      const better = { ...copy, seq: 6, origin: at(6), entries: [...entries, { ...change(V2, 8), seq: 6 }] };
      expect(await history.begin(JOB, better)).toBe(false);
      expect(await history.head(JOB)).toMatchObject({ ...at(6, "i2"), origin: at(5) });
    });

    test("is not touched by a replica with a hole in what it knows", async () => {
      await history.begin(JOB, copy);
      const holed = { ...copy, seq: 7, origin: at(7), entries: [{ ...change(V2, 8), seq: 7 }] };
      expect(await history.begin(JOB, holed)).toBe(false);
    });
  });

  describe("a version that this gateway created", () => {
    const created: StatusChange = { ...change(V2, 1), createdAt: 1_000 };

    test("is part of it at once, also where there was none", async () => {
      await history.introduce(JOB, created, () => "i9");
      expect(await history.head(JOB)).toMatchObject({ ...at(1, "i9"), announced: 1, seeded: false });
      expect((await history.load(JOB))?.states.get(V2)).toEqual({ ...state(1), createdAt: 1_000 });
    });

    test("is told like any other change", async () => {
      await filled(change(V1, 7));
      await history.introduce(JOB, created, () => "i9");
      expect((await history.read(JOB, at(1), 10))?.entries).toEqual([{ ...created, seq: 2 }]);
    });

    test("is not told again when it is known", async () => {
      await filled(change(V2, 8));
      await history.introduce(JOB, created, () => "i9");
      expect(await history.head(JOB)).toMatchObject(at(1));
    });

    test("does not announce what another has yet to announce", async () => {
      await filled(change(V1, 7));
      await history.append(JOB, append(at(1), [change(V1, 8, 7)]));
      await history.introduce(JOB, created, () => "i9");
      expect(await history.head(JOB)).toMatchObject({ seq: 3, announced: 1 });
    });
  });
});
