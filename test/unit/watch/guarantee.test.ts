import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anything, bearable, coming } from "./support/actions.js";
import type { Client } from "./support/client.js";
import { Scenario } from "./support/scenario.js";

const SEED = 20260101;
const RUNS = 40;
const options = { numRuns: RUNS, seed: SEED };

/** Each status once and in order; what a poll saw is passed over only with a gap event. */
function checkSequence(one: Client, observed: ReadonlySet<number>): void {
  const events = one.changes;
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (!before) continue;
    const step = `${one.name} was told ${before.statusCode} and then ${event.statusCode}`;
    // A gap event is the current state, which the client may know already.
    if (event.gap) expect(event.statusCode, step).toBeGreaterThanOrEqual(before.statusCode);
    else {
      expect(event.statusCode, step).toBeGreaterThan(before.statusCode);
      const missed = [...observed].filter((c) => c > before.statusCode && c < event.statusCode);
      expect(missed, `${step}, without a gap`).toEqual([]);
    }
  }
}

/** What happened while nobody watched is told as a gap: the next event is one. */
function checkGaps(one: Client, unwatched: ReadonlySet<number>): void {
  const events = one.changes;
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (!before || event.gap) continue;
    const hidden = [...unwatched].filter((c) => c > before.statusCode && c <= event.statusCode);
    expect(
      hidden,
      `${one.name} was told ${before.statusCode} and then ${event.statusCode}, not as a gap`,
    ).toEqual([]);
  }
}

describe("whatever fails, in whatever order", () => {
  test("every subscriber gets each observed change once and in order, or a marked gap, and ends with the current status", async () => {
    const steps = fc.array(anything, { minLength: 5, maxLength: 40, size: "max" });
    const property = fc.asyncProperty(steps, fc.constantFrom(1_024, 3), async (actions, historyLength) => {
      const { clients, observed } = await Scenario.play(actions, historyLength);
      for (const one of clients) checkSequence(one, observed);
    });
    await fc.assert(property, options);
  }, 300_000);
});

describe("while the store stands and somebody stays subscribed", () => {
  test("nobody is told of a gap, whoever leaves, comes back, crashes or is slow", async () => {
    const steps = fc.array(bearable, { minLength: 5, maxLength: 40, size: "max" });
    const property = fc.asyncProperty(steps, async (actions) => {
      const { clients, observed } = await Scenario.play(actions);
      for (const one of clients) {
        checkSequence(one, observed);
        expect(one.events.filter((event) => event.gap)).toEqual([]);
      }
    });
    await fc.assert(property, options);
  }, 300_000);
});

describe("while everything works and clients come and go", () => {
  test("what happened while nobody was subscribed is told as a gap", async () => {
    const steps = fc.array(coming, { minLength: 10, maxLength: 40, size: "max" });
    const property = fc.asyncProperty(steps, async (actions) => {
      const { clients, observed, unwatched } = await Scenario.play(actions);
      for (const one of clients) {
        checkSequence(one, observed);
        checkGaps(one, unwatched);
      }
    });
    await fc.assert(property, options);
  }, 300_000);
});
