import { pino } from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import type { CircuitState } from "../../../src/upstream/events.js";
import { type CallVerdict, Circuit, type Settle } from "../../../src/upstream/resilience/circuit.js";
import { Circuits } from "../../../src/upstream/resilience/circuits.js";
import { SlidingWindow } from "../../../src/upstream/resilience/sliding-window.js";

let now: number;
let changes: CircuitState[];
let circuit: Circuit;
beforeEach(() => {
  now = 1_000_000;
  changes = [];
  circuit = new Circuit(
    () => now,
    (state) => changes.push(state),
  );
});

function enter(): Settle {
  const settle = circuit.enter();
  if (!settle) throw new Error("The circuit is not closed");
  return settle;
}
function calls(count: number, verdict: CallVerdict): void {
  for (let i = 0; i < count; i++) enter()(verdict);
}

describe("a circuit", () => {
  it("opens when half of 10 calls failed", () => {
    calls(5, "healthy");
    calls(4, "unhealthy");
    expect(circuit.blockedFor()).toBe(0);
    calls(1, "unhealthy");
    expect(circuit.blockedFor()).toBe(5_000);
    expect(circuit.enter()).toBeUndefined();
    expect(changes).toEqual(["open"]);
  });

  it("stays closed below 10 calls, and while less than half failed", () => {
    calls(9, "unhealthy");
    expect(circuit.blockedFor()).toBe(0);
    now += 10_000;
    calls(11, "healthy");
    calls(10, "unhealthy");
    expect(circuit.blockedFor()).toBe(0);
    expect(changes).toEqual([]);
  });

  it("forgets what is 10 seconds old", () => {
    calls(9, "unhealthy");
    now += 10_000;
    calls(9, "unhealthy");
    expect(changes).toEqual([]);
    now += 9_999;
    calls(1, "unhealthy");
    expect(changes).toEqual(["open"]);
  });

  it("does not count cancelled calls", () => {
    calls(9, "unhealthy");
    calls(20, "neutral");
    expect(changes).toEqual([]);
  });

  it("lets one call try again after 5 seconds, and closes when that one is healthy", () => {
    calls(10, "unhealthy");
    now += 4_999;
    expect([circuit.enter(), circuit.blockedFor()]).toEqual([undefined, 1]);
    now += 1;
    const trial = enter();
    expect(circuit.enter()).toBeUndefined();
    expect(circuit.blockedFor()).toBeGreaterThan(0);
    trial("healthy");
    expect(circuit.blockedFor()).toBe(0);
    expect(changes).toEqual(["open", "half-open", "closed"]);
  });

  it("opens for another 5 seconds when the trial fails", () => {
    calls(10, "unhealthy");
    now += 5_000;
    enter()("unhealthy");
    expect(circuit.blockedFor()).toBe(5_000);
    expect(changes).toEqual(["open", "half-open", "open"]);
  });

  it("lets another call try when the trial was cancelled", () => {
    calls(10, "unhealthy");
    now += 5_000;
    enter()("neutral");
    enter()("healthy");
    expect(circuit.blockedFor()).toBe(0);
  });

  it("starts counting anew once it has closed", () => {
    calls(10, "unhealthy");
    now += 5_000;
    enter()("healthy");
    calls(9, "unhealthy");
    expect(circuit.blockedFor()).toBe(0);
    calls(1, "unhealthy");
    expect(circuit.blockedFor()).toBe(5_000);
  });

  it("is not moved by calls that began before it opened", () => {
    const early = [enter(), enter()];
    calls(10, "unhealthy");
    early[0]?.("healthy");
    expect(circuit.blockedFor()).toBe(5_000);
    now += 5_000;
    const trial = enter();
    early[1]?.("healthy");
    expect(circuit.enter()).toBeUndefined();
    trial("unhealthy");
    expect(changes).toEqual(["open", "half-open", "open"]);
  });
});

describe("the circuits of projects and groups of routes", () => {
  const circuitsOf = (maxProjects?: number) =>
    new Circuits({
      now: () => now,
      log: pino({ level: "silent" }),
      events: { circuit: (_, state) => changes.push(state) },
      ...(maxProjects !== undefined && { maxProjects }),
    });

  it("are independent of one another", () => {
    const circuits = circuitsOf();
    for (let i = 0; i < 10; i++) circuits.of("a", "jobs").enter()?.("unhealthy");
    expect(circuits.of("a", "jobs").blockedFor()).toBe(5_000);
    for (const other of [circuits.of("b", "jobs"), circuits.of("a", "specs"), circuits.of("a", "mutations")])
      expect(other.blockedFor()).toBe(0);
    expect(changes).toEqual(["open"]);
  });

  it("are bounded in number: those of the project that was used least recently are forgotten", () => {
    const circuits = circuitsOf(2);
    const first = circuits.of("a", "jobs");
    circuits.of("b", "jobs");
    expect(circuits.of("a", "jobs")).toBe(first);
    circuits.of("c", "jobs");
    expect(circuits.of("a", "jobs")).toBe(first);
    circuits.of("b", "jobs");
    circuits.of("c", "jobs");
    expect(circuits.of("a", "jobs")).not.toBe(first);
  });
});

describe("the sliding window", () => {
  it("counts exactly what a list of all calls would say", () => {
    const window = new SlidingWindow(100);
    const all: { at: number; failed: boolean }[] = [];
    let at = 0;
    for (let i = 0; i < 1_500; i++) {
      at += (i * 7919) % 13 === 0 ? 60 : (i * 31) % 3;
      const failed = (i * 17) % 5 === 0;
      window.add(at, failed);
      all.push({ at, failed });
      const recent = all.filter((call) => call.at > at - 100);
      expect(window.count(at)).toEqual({
        total: recent.length,
        failed: recent.filter((call) => call.failed).length,
      });
    }
    expect(window.count(at + 100)).toEqual({ total: 0, failed: 0 });
  });
});
