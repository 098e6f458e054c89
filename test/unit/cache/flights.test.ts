import { describe, expect, it } from "vitest";
import { FlightBoard, type Outcome } from "../../../src/cache/flights.js";
import { createResources } from "../../../src/cache/resources.js";
import { Cancellation } from "../../../src/cancellation.js";
import { caller, id } from "./data.js";
import { ScriptedUpstream } from "./scripted-upstream.js";

const config = { activeTtlMs: 1_000, terminalTtlMs: 1_000, specsTtlMs: 1_000, scope: "credential" } as const;
const resource = createResources(new ScriptedUpstream(), config).versions(caller(), id(10));
const answer = { kind: "answer", value: null, entry: undefined } as const;
const obsolete: Outcome<unknown> = { kind: "obsolete" };

const start = () => new FlightBoard().start(resource, "hash", false, 1);

/** Tells who listens to it. */
class WatchedSignal extends Cancellation {
  readonly listening = new Set<() => void>();

  override addEventListener(type: "abort", listener: () => void): void {
    this.listening.add(listener);
    super.addEventListener(type, listener);
  }

  override removeEventListener(type: "abort", listener: () => void): void {
    this.listening.delete(listener);
    super.removeEventListener(type, listener);
  }
}

describe("A flight", () => {
  it("ends once: what comes later changes nothing, for those who waited and for one who comes after", async () => {
    const flight = start();
    const before = flight.join(undefined);
    flight.cancel(obsolete);
    flight.end(answer);
    expect([await before, await flight.join(undefined)]).toEqual([obsolete, obsolete]);
  });

  it("is heard by all who wait, with and without a signal", async () => {
    const flight = start();
    const waiting = [flight.join(new Cancellation()), flight.join(undefined)];
    flight.end(answer);
    expect(await Promise.all(waiting)).toEqual([answer, answer]);
  });

  it("listens to nobody's signal once it has ended, and is not cancelled by one who leaves then", async () => {
    const flight = start();
    const signal = new WatchedSignal();
    const waiting = flight.join(signal);
    expect(signal.listening.size).toBe(1);
    flight.end(answer);
    expect(signal.listening.size).toBe(0);
    signal.abort(new Error("gone"));
    expect(await waiting).toEqual(answer);
    expect(flight.signal.aborted).toBe(false);
  });

  it("goes on while one of those who wait cannot leave", async () => {
    const flight = start();
    const [leaving, staying] = [new Cancellation(), flight.join(undefined)];
    const left = flight.join(leaving);
    leaving.abort(new Error("gone"));
    await expect(left).rejects.toThrow("gone");
    expect(flight.signal.aborted).toBe(false);
    flight.end(answer);
    expect(await staying).toEqual(answer);
  });
});
