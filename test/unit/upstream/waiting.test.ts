import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { hasCode } from "../../../src/errors.js";
import { QueuedCallBudget } from "../../../src/upstream/resilience/call-budget.js";
import { FairQueue, type Priority } from "../../../src/upstream/resilience/fair-queue.js";
import { Gate } from "../../../src/upstream/resilience/gate.js";
import { LocalPermits } from "../../../src/upstream/resilience/permits.js";
import type { Turn } from "../../../src/upstream/resilience/waiting-room.js";
import { FakeClock } from "../../support/fake-clock.js";

let clock: FakeClock;
let lengths: number[];
beforeEach(() => {
  clock = new FakeClock();
  lengths = [];
});

const turn = (priority: Priority = "lookup", projectId = "p", rest: Partial<Turn> = {}): Turn => ({
  priority,
  projectId,
  deadline: clock.now() + 15_000,
  ...rest,
});

/** Notes in `order` when each has been let in; refusals are noted as such. */
async function note(order: string[], name: string, entry: Promise<void> | undefined): Promise<void> {
  return Promise.resolve(entry).then(
    () => void order.push(name),
    (error: unknown) => void order.push(`${name}: ${error instanceof Error ? error.message : "?"}`),
  );
}

describe("the fair queue", () => {
  const place = (priority: Priority, projectId: string, name: string) => ({ priority, projectId, name });

  it("lets mutations go first, then lookups, then polls", () => {
    const queue = new FairQueue<ReturnType<typeof place>>();
    for (const priority of ["poll", "lookup", "mutation"] as const)
      queue.push(place(priority, "p", priority));
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()].map((item) => item?.name)).toEqual([
      "mutation",
      "lookup",
      "poll",
      undefined,
    ]);
  });

  it("lets projects take turns, each in its own order", () => {
    const queue = new FairQueue<ReturnType<typeof place>>();
    for (const name of ["a1", "a2", "a3", "b1", "c1", "c2"])
      queue.push(place("lookup", name.charAt(0), name));
    const order = Array.from({ length: 6 }, () => queue.shift()?.name);
    expect(order).toEqual(["a1", "b1", "c1", "a2", "c2", "a3"]);
  });

  it("gives up the newest of the lowest priority first, from the project that waits most", () => {
    const queue = new FairQueue<ReturnType<typeof place>>();
    for (const name of ["a1", "b1", "b2"]) queue.push(place("poll", name.charAt(0), name));
    queue.push(place("lookup", "a", "lookup"));
    expect(queue.takeBelow("poll")).toBeUndefined();
    expect(queue.takeBelow("lookup")?.name).toBe("b2");
    expect([queue.takeBelow("mutation")?.name, queue.takeBelow("mutation")?.name]).toEqual(["a1", "b1"]);
    expect(queue.takeBelow("mutation")?.name).toBe("lookup");
    expect([queue.takeBelow("mutation"), queue.size]).toEqual([undefined, 0]);
  });

  it("loses nothing and repeats nothing, whatever comes and goes", () => {
    const priority = fc.constantFrom<Priority>("mutation", "lookup", "poll");
    const action = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), priority, projectId: fc.constantFrom("a", "b", "c") }),
      fc.record({ kind: fc.constantFrom("shift" as const, "remove" as const, "take" as const) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const queue = new FairQueue<{ priority: Priority; projectId: string }>();
        const waiting = new Set<object>();
        for (const next of actions) {
          if (next.kind === "push") {
            const item = { priority: next.priority, projectId: next.projectId };
            queue.push(item);
            waiting.add(item);
          } else if (next.kind === "remove") {
            const [item] = waiting;
            if (item) expect(queue.remove(item as { priority: Priority; projectId: string })).toBe(true);
            if (item) waiting.delete(item);
          } else {
            const item = next.kind === "shift" ? queue.shift() : queue.takeBelow("mutation");
            if (item) expect(waiting.delete(item)).toBe(true);
            else if (next.kind === "shift") expect(waiting.size).toBe(0);
          }
          expect(queue.size).toBe(waiting.size);
        }
      }),
    );
  });
});

describe("the gate to the connections", () => {
  const gateOf = (permits: number, capacity: number) =>
    new Gate({
      permits,
      capacity,
      clock,
      onLength: (length) => lengths.push(length),
      refusal: (_, reason) => new Error(reason),
    });

  it("lets as many in as there are connections, and the others when those leave", async () => {
    const gate = gateOf(2, 10);
    const order: string[] = [];
    await note(order, "1", gate.enter(turn()));
    await note(order, "2", gate.enter(turn()));
    const third = note(order, "3", gate.enter(turn("lookup")));
    const fourth = note(order, "4", gate.enter(turn("mutation")));
    await clock.advance(0);
    expect(order).toEqual(["1", "2"]);
    gate.leave();
    await fourth;
    gate.leave();
    await third;
    expect(order).toEqual(["1", "2", "4", "3"]);
    expect(lengths).toEqual([1, 2, 1, 0]);
    gate.leave();
    gate.leave();
    await note(order, "5", gate.enter(turn()));
    expect(order.at(-1)).toBe("5");
    expect(clock.sleeping).toBe(0);
  });

  it("refuses at once when too many wait, polls before lookups before mutations", async () => {
    const gate = gateOf(1, 2);
    const order: string[] = [];
    await gate.enter(turn());
    const all = [
      note(order, "poll", gate.enter(turn("poll"))),
      note(order, "lookup", gate.enter(turn("lookup"))),
      note(order, "second lookup", gate.enter(turn("lookup"))),
      note(order, "third lookup", gate.enter(turn("lookup"))),
      note(order, "mutation", gate.enter(turn("mutation"))),
    ];
    await clock.advance(0);
    expect(order.toSorted()).toEqual(["poll: full", "second lookup: full", "third lookup: full"]);
    gate.leave();
    gate.leave();
    await Promise.all(all);
    expect(order.slice(3)).toEqual(["mutation", "lookup"]);
  });

  it("refuses whoever waited beyond his deadline", async () => {
    const gate = gateOf(1, 2);
    const order: string[] = [];
    await gate.enter(turn());
    const late = note(order, "late", gate.enter(turn("lookup", "p", { deadline: clock.now() + 100 })));
    await clock.advance(99);
    expect(order).toEqual([]);
    await clock.advance(1);
    await late;
    expect(order).toEqual(["late: late"]);
    gate.leave();
    await gate.enter(turn());
    expect(clock.sleeping).toBe(0);
  });

  it("refuses each at his own deadline, whoever came first, and lets the others go on", async () => {
    const gate = gateOf(1, 10);
    const order: string[] = [];
    await gate.enter(turn());
    const enter = (name: string, withinMs: number) =>
      note(order, name, gate.enter(turn("lookup", "p", { deadline: clock.now() + withinMs })));
    const all = [enter("first", 300), enter("second", 100), enter("third", 200), enter("fourth", 400)];
    await clock.advance(100);
    expect(order).toEqual(["second: late"]);
    await clock.advance(100);
    expect(order).toEqual(["second: late", "third: late"]);
    gate.leave();
    await clock.advance(150);
    expect(order).toEqual(["second: late", "third: late", "first"]);
    await clock.advance(50);
    await Promise.all(all);
    expect(order.at(-1)).toBe("fourth: late");
    expect([lengths.at(-1), clock.sleeping]).toEqual([0, 0]);
  });

  it("lets go of whoever has gone, with the signal's reason", async () => {
    const gate = gateOf(1, 2);
    await gate.enter(turn());
    const gone = new AbortController();
    const reason = new Error("gone");
    const waiting = expect(gate.enter(turn("lookup", "p", { signal: gone.signal }))).rejects.toBe(reason);
    gone.abort(reason);
    await waiting;
    await expect(gate.enter(turn("lookup", "p", { signal: gone.signal }))).rejects.toBe(reason);
    expect([lengths.at(-1), clock.sleeping]).toEqual([0, 0]);
  });

  it("refuses everyone when it closes", async () => {
    const gate = gateOf(1, 5);
    const order: string[] = [];
    await gate.enter(turn());
    const all = ["1", "2"].map((name) => note(order, name, gate.enter(turn())));
    gate.refuseAll(new Error("closing"));
    await Promise.all(all);
    expect(order).toEqual(["1: closing", "2: closing"]);
    expect(clock.sleeping).toBe(0);
  });
});

describe("the calls per minute of one replica", () => {
  const budgetOf = (callsPerMinute: number, capacity = 100) =>
    new QueuedCallBudget({
      permits: new LocalPermits({ callsPerMinute, clock }),
      capacity,
      clock,
      onLength: (length) => lengths.push(length),
    });
  const patient = (priority: Priority, projectId = "p") =>
    turn(priority, projectId, { deadline: clock.now() + 3_600_000 });

  it("are never exceeded within any 60 seconds, and used up when there is demand", async () => {
    const budget = budgetOf(20, 1_000);
    const granted: number[] = [];
    const all = Array.from({ length: 100 }, () =>
      budget.acquire(patient("mutation")).then(() => granted.push(clock.now())),
    );
    await clock.advance(0);
    for (let second = 0; second < 300; second++) await clock.advance(1_000);
    await Promise.all(all);
    for (const from of granted)
      expect(granted.filter((at) => at >= from && at < from + 60_000).length).toBeLessThanOrEqual(20);
    expect((granted.at(-1) ?? 0) - (granted[0] ?? 0)).toBe(4 * 60_000);
    expect([lengths.at(-1), clock.sleeping]).toEqual([0, 0]);
  });

  it("leave something to mutations when lookups, and to both when polls are many", async () => {
    const budget = budgetOf(20);
    const order: string[] = [];
    const all: Promise<void>[] = [];
    for (const priority of ["poll", "lookup", "mutation"] as const) {
      for (let i = 0; i < 20; i++) all.push(note(order, priority, budget.acquire(patient(priority))));
      await clock.advance(0);
    }
    const count = (name: string) => order.filter((entry) => entry === name).length;
    expect([count("poll"), count("lookup"), count("mutation")]).toEqual([15, 3, 2]);
    await budget.close();
    await Promise.all(all);
  });

  it("let even a poll through when the limit is 1", async () => {
    const budget = budgetOf(1);
    await budget.acquire(turn("poll"));
    const error = await budget.acquire(turn("mutation")).catch((reason: unknown) => reason);
    expect(hasCode(error, "RATE_LIMITED") && error.details).toEqual({ retryAfterMs: 60_000 });
  });

  it("go to mutations first, then lookups, then polls, projects in turn", async () => {
    const budget = budgetOf(4);
    const order: string[] = [];
    for (let i = 0; i < 4; i++) await budget.acquire(turn("mutation"));
    const all = [
      note(order, "poll a", budget.acquire(patient("poll", "a"))),
      note(order, "lookup a1", budget.acquire(patient("lookup", "a"))),
      note(order, "lookup a2", budget.acquire(patient("lookup", "a"))),
      note(order, "lookup b1", budget.acquire(patient("lookup", "b"))),
      note(order, "mutation b", budget.acquire(patient("mutation", "b"))),
    ];
    for (let second = 0; second < 120; second++) await clock.advance(1_000);
    await Promise.all(all);
    expect(order).toEqual(["mutation b", "lookup a1", "lookup b1", "lookup a2", "poll a"]);
  });

  it("are given to a mutation as soon as it may go, while a poll that came first still has to wait", async () => {
    const budget = budgetOf(4);
    const order: string[] = [];
    await budget.acquire(turn("mutation"));
    await clock.advance(10_000);
    for (let i = 0; i < 3; i++) await budget.acquire(turn("mutation"));
    await clock.advance(20_000);
    const poll = note(order, "poll", budget.acquire(patient("poll")));
    await clock.advance(0);
    const mutation = note(order, "mutation", budget.acquire(patient("mutation")));
    await clock.advance(30_000);
    expect(order).toEqual(["mutation"]);
    await clock.advance(10_000);
    await Promise.all([poll, mutation]);
    expect(order).toEqual(["mutation", "poll"]);
  });

  it("are refused at once, with a time to come back, when none would be there in time", async () => {
    const budget = budgetOf(2);
    await budget.acquire(turn("mutation"));
    await clock.advance(20_000);
    await budget.acquire(turn("mutation"));
    const error = await budget.acquire(turn("mutation")).catch((reason: unknown) => reason);
    expect(hasCode(error, "RATE_LIMITED") && error.details).toEqual({ retryAfterMs: 40_000 });
    expect(clock.sleeping).toBe(0);
  });

  it("are waited for by a bounded number", async () => {
    const budget = budgetOf(1, 2);
    await budget.acquire(turn("mutation"));
    const order: string[] = [];
    const all = ["1", "2", "3"].map((name) => note(order, name, budget.acquire(patient("lookup"))));
    await clock.advance(0);
    expect(order).toHaveLength(1);
    expect(order[0]).toMatch(/^3: /);
    await budget.close();
    await Promise.all(all);
    expect(clock.sleeping).toBe(0);
  });
});
