import { describe, expect, test } from "vitest";
import type { LongId } from "../../../src/domain/index.js";
import { cursorTag } from "../../../src/watch/cursor.js";
import { FirstEvents } from "../../../src/watch/first-events.js";
import { type EventContext, StatusNotice } from "../../../src/watch/notice.js";
import type { VersionState } from "../../../src/watch/ports.js";
import { Subscriber } from "../../../src/watch/subscriber.js";
import { silentWatchEvents } from "../../support/silent-events.js";

const id = (digits: number) => String(digits) as LongId;
const job = { projectId: "project-1", jobId: id(10) };
const context: EventContext = { job, tag: cursorTag(job) };
const at = (seq: number) => ({ incarnation: "a", seq });

const [WAITING, RUNNING] = [7, 8];

function stateOf(statusCode: number, more: Partial<VersionState> = {}): VersionState {
  return { statusCode, observedAt: 1_000, createTime: 1, version: null, ...more };
}

function notice(seq: number, statusCode: number, gap = false): StatusNotice {
  return new StatusNotice(context, id(1), stateOf(statusCode), at(seq), gap, undefined);
}

function openSubscriber(): Subscriber {
  return new Subscriber({
    versionId: undefined,
    onStart() {},
    onEnd() {},
    mayRead: async () => true,
    events: silentWatchEvents,
    now: () => 0,
  });
}

async function toldOf(subscriber: Subscriber, notices: StatusNotice[]): Promise<[string, boolean][]> {
  const told: [string, boolean][] = [];
  const reading = (async () => {
    for await (const { status, gap } of subscriber) told.push([status, gap]);
  })();
  for (const one of notices) {
    subscriber.push(one);
    await new Promise(setImmediate);
  }
  await subscriber.return();
  await reading;
  return told;
}

describe("a subscriber", () => {
  test("is not told again of a status that comes up twice, as it does after a history was restored from an older copy", async () => {
    const notices = [notice(1, WAITING), notice(2, RUNNING), notice(2, RUNNING)];
    expect(await toldOf(openSubscriber(), notices)).toEqual([
      ["WAITING", false],
      ["RUNNING", false],
    ]);
  });

  test("is told of the status that he knows where something may have been missed before it", async () => {
    const notices = [notice(1, RUNNING), notice(4, RUNNING, true)];
    expect(await toldOf(openSubscriber(), notices)).toEqual([
      ["RUNNING", false],
      ["RUNNING", true],
    ]);
  });
});

describe("a first event", () => {
  const version = { versionId: id(1) } as VersionState["version"];

  test.each([
    ["of the poll that confirmed the status", { version }, 5_000],
    ["of its creation, where no poll has seen the version yet", { version: null }, 1_000],
  ])("tells the time %s", (_what, more, observedAt) => {
    const states = new Map([[id(1), stateOf(RUNNING, more)]]);
    const events = new FirstEvents({ context, at: at(1), states, polledAt: 5_000, gap: false });
    expect(events.ofVersion(id(1))?.event(undefined).observedAt).toBe(observedAt);
  });
});
