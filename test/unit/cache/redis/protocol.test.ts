import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEntry, encodeEntry } from "../../../../src/cache/redis/codec.js";
import { Ledger } from "../../../../src/cache/redis/ledger.js";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  RELEASED,
} from "../../../../src/cache/redis/messages.js";
import { RedisNames } from "../../../../src/cache/redis/names.js";
import { UnsentInvalidations } from "../../../../src/cache/redis/unsent.js";

function encoded(json: string, offsetMs = 0): string {
  const entry = { json, beganAt: 1_000, answeredAt: 2_000, ttlMs: 3_000 };
  const { beforeGeneration, afterGeneration } = encodeEntry(entry, offsetMs);
  return `${beforeGeneration}1-a/2-b${afterGeneration}`;
}

describe("A stored entry", () => {
  it("is read as it was written, whatever its text", () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: -1_000_000, max: 1_000_000 }), (json, offsetMs) => {
        const read = decodeEntry(encoded(json, 10_000_000 + offsetMs), 10_000_000 + offsetMs);
        expect(read).toEqual({ json, beganAt: 1_000, answeredAt: 2_000, ttlMs: 3_000 });
      }),
    );
  });

  it("is not read when any character of it has changed", () => {
    const text = encoded('{"a":1}', 10_000);
    for (let at = 0; at < text.length; at += 1) {
      const damaged = `${text.slice(0, at)}#${text.slice(at + 1)}`;
      const inGeneration = at >= text.indexOf("1-a") && at < text.indexOf("1-a") + "1-a/2-b".length;
      // The generation is compared by itself, before the entry is read.
      if (!inGeneration) expect(decodeEntry(damaged, 10_000)).toBeUndefined();
    }
  });

  it("is not read when it is cut short at any place", () => {
    const text = encoded('{"a":1}');
    for (let at = 0; at < text.length; at += 1) expect(decodeEntry(text.slice(0, at), 0)).toBeUndefined();
  });
});

describe("A message between replicas", () => {
  it.each<Parameters<typeof encodeMessage>[0]>([
    { kind: "invalidated", sender: "s/1", group: "project-1/10" },
    { kind: "invalidated", sender: "s/1", group: "project-1/10", parts: ["list", "v20"] },
    { kind: "beacon", sender: "s/1", number: 7, told: 3 },
  ])("is read as it was sent: $kind", (message) => {
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
  });

  it("is read with the name of its lock, whatever is in that", () => {
    const lock = "prefix with spaces:{project-1/10}:lock:a:versions";
    expect(decodeMessage(`${RELEASED}${lock}`)).toEqual({ kind: "released", lock });
  });

  it.each(["", "x", "i", "i sender", "b", "b sender", "unknown sender group"])("is ignored: %j", (text) => {
    expect(decodeMessage(text)).toBeUndefined();
  });
});

describe("What was missed on the channel", () => {
  const beacon = (number: number, told = 0): Message => ({ kind: "beacon", sender: "s/1", number, told });
  const invalidated: Message = { kind: "invalidated", sender: "s/1", group: "project-1/10" };
  const misses = (...messages: Message[]) => {
    const ledger = new Ledger();
    return messages.map((message) => ledger.misses(message)).at(-1);
  };

  it("is nothing while beacons come one after another and every invalidation has come", () => {
    expect(misses(beacon(1), beacon(2), invalidated, invalidated, beacon(3, 2))).toBe(false);
  });

  it("is noticed when a beacon is missing", () => {
    expect(misses(beacon(1), beacon(3))).toBe(true);
  });

  it("is noticed when an invalidation is missing", () => {
    expect(misses(beacon(1), invalidated, beacon(2, 2))).toBe(true);
  });

  it("is reported once", () => {
    expect(misses(beacon(1), beacon(2, 2), beacon(3, 2))).toBe(false);
  });

  it("is nothing to a replica that hears a sender for the first time", () => {
    expect(misses(beacon(8, 100))).toBe(false);
    expect(misses(invalidated, beacon(8, 100), beacon(9, 100))).toBe(false);
  });

  it("is nothing after a gap that is known already", () => {
    const ledger = new Ledger();
    ledger.misses(beacon(1));
    ledger.clear();
    expect(ledger.misses(beacon(5, 9))).toBe(false);
  });
});

describe("Invalidations that Redis has not confirmed", () => {
  it("are remembered until they are confirmed, those made again meanwhile longer", () => {
    const unsent = new UnsentInvalidations(() => 0, 1_000);
    unsent.add("a");
    const [first] = unsent.list();
    unsent.add("a");
    unsent.confirm("a", first?.[1] ?? 0);
    expect(unsent.has("a")).toBe(true);
    const [second] = unsent.list();
    unsent.confirm("a", second?.[1] ?? 0);
    expect(unsent.has("a")).toBe(false);
  });

  it("beyond their bound, make everything untrusted for as long as an entry can live", () => {
    let now = 0;
    const unsent = new UnsentInvalidations(() => now, 1_000, 2);
    for (const group of ["a", "b", "c"]) unsent.add(group);
    expect(unsent.list()).toHaveLength(2);
    expect(unsent.has("anything")).toBe(true);
    now = 1_000;
    expect(unsent.has("anything")).toBe(false);
    expect(unsent.has("a")).toBe(true);
  });
});

describe("The keys of one group", () => {
  it("share one hash tag", () => {
    const names = new RedisNames("prefix:");
    const key = { group: "project-1/10", part: "list", name: "*:versions" };
    const all = [
      names.generation(key.group),
      names.entry(key),
      names.proof(key.group, "hash"),
      names.sharedLock(key),
      names.ownLock(key, "hash"),
    ];
    expect(new Set(all).size).toBe(5);
    expect(new Set(all.map((name) => /\{([^}]+)\}/.exec(name)?.[1]))).toEqual(new Set(["project-1/10"]));
  });
});
