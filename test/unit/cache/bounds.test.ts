import { describe, expect, it } from "vitest";
import { TextEntry } from "../../../src/cache/entry.js";
import { Fences } from "../../../src/cache/fences.js";
import { FlightBoard } from "../../../src/cache/flights.js";
import { ProcessTier } from "../../../src/cache/process-tier.js";
import { createResources, type Resource } from "../../../src/cache/resources.js";
import type { JobWithVersions } from "../../../src/domain/index.js";
import { heapInUse } from "../../support/heap.js";
import { caller, id, job, version } from "./data.js";
import { ScriptedUpstream } from "./scripted-upstream.js";

const MEBIBYTE = 1024 * 1024;
const MILLION = 1_000_000;
const config = { activeTtlMs: 1e9, terminalTtlMs: 1e9, specsTtlMs: 1e9, scope: "credential" } as const;
const resources = createResources(new ScriptedUpstream(), config);

const first = resources.versions(caller(), id(1));

/** A lookup of its own for each number; making a million by way of the catalogue takes longer than caching them. */
function lookupOf(n: number): Resource<JobWithVersions> {
  return { ...first, id: `${first.group}/${n}|${first.name}` };
}

function entryOf(resource: Resource<JobWithVersions>, fences: Fences) {
  const value = job([], { jobDesc: resource.id });
  return {
    value,
    beganAt: 0,
    answeredAt: 0,
    ttlMs: 1e9,
    sequence: fences.next(),
    loadSequence: 1,
    serial: 0,
  };
}

const manyVersions = Array.from({ length: 20 }, (_, n) => version(n + 1));

function textEntry(text: string, read: () => JobWithVersions, fences: Fences) {
  const { value: _, ...times } = entryOf(first, fences);
  return new TextEntry({ characters: text.length, read }, times);
}

describe("Memory", () => {
  it("of the cache in the process stays within its bound under 1,000,000 distinct keys", () => {
    const fences = new Fences(() => 0);
    const before = heapInUse();
    const tier = new ProcessTier(fences, 16 * MEBIBYTE);
    for (let n = 1; n <= MILLION; n += 1) {
      const resource = lookupOf(n);
      tier.put(resource, entryOf(resource, fences), 150);
    }
    expect(tier.bytes).toBeLessThanOrEqual(16 * MEBIBYTE);
    // The bound is an estimate; twice as much would be no bound.
    expect(heapInUse() - before).toBeLessThan(32 * MEBIBYTE);
    const [oldest, latest] = [lookupOf(1), lookupOf(MILLION)];
    expect(tier.get(oldest)).toBeUndefined();
    expect(tier.get(latest)?.value.jobDesc).toBe(latest.id);
  }, 60_000);

  it("of what is kept as text counts anew once the text has been read", () => {
    const fences = new Fences(() => 0);
    const tier = new ProcessTier(fences, MEBIBYTE);
    const entries = Array.from({ length: 100 }, (_, n) => {
      const entry = textEntry('{"versions":20}', () => job(manyVersions), fences);
      tier.put(lookupOf(n), entry, 15);
      return entry;
    });
    const before = tier.bytes;
    const [one, ...others] = entries;
    expect(one?.value.versions).toHaveLength(20);
    expect(tier.bytes - before).toBeGreaterThan(20 * 40 * 10);
    expect(tier.get(lookupOf(0))).toBe(one);
    expect(others.every(({ value }) => value.versions.length === 20)).toBe(true);
    expect(tier.bytes).toBeLessThanOrEqual(MEBIBYTE);
    expect(tier.get(lookupOf(0))).toBeUndefined();
  });

  it("of an entry that was replaced, or dropped, does not count when its text is read", () => {
    const fences = new Fences(() => 0);
    const tier = new ProcessTier(fences, MEBIBYTE);
    const old = textEntry("{}", () => job(manyVersions), fences);
    tier.put(first, old, 2);
    const newer = { ...entryOf(first, fences), loadSequence: 2 };
    tier.put(first, newer, 150);
    const before = tier.bytes;
    expect(old.value.versions).toHaveLength(20);
    expect(tier.bytes).toBe(before);
    expect(tier.get(first)).toBe(newer);

    const dropped = textEntry("{}", () => job(manyVersions), fences);
    const resource = lookupOf(1);
    tier.put(resource, dropped, 2);
    tier.delete(resource);
    expect(dropped.value.versions).toHaveLength(20);
    expect(tier.bytes).toBe(before);
  });

  it("of invalidations stays within its bound, and what is forgotten counts as invalidated", () => {
    const fences = new Fences(() => 0, 1_000);
    const early = fences.next();
    const before = heapInUse();
    for (let n = 0; n < MILLION; n += 1) fences.raise(`project-1/${n}`);
    expect(heapInUse() - before).toBeLessThan(4 * MEBIBYTE);
    expect(fences.isCurrent("project-1/0", [], early)).toBe(false);
    expect(fences.isCurrent("never-invalidated", [], early)).toBe(false);
    expect(fences.isCurrent("project-1/0", [], fences.next())).toBe(true);
  });

  it("holds no flight that has ended", () => {
    const board = new FlightBoard();
    const [one, other] = [resources.versions(caller(), id(1)), resources.versions(caller("bob"), id(1))];
    const flights = [one, one, other].map((resource, n) => board.start(resource, "hash", false, n));
    expect(board.size).toBe(3);
    expect(board.of(one)).toHaveLength(2);
    for (const flight of flights) {
      flight.end({ kind: "obsolete" });
      flight.end({ kind: "obsolete" });
    }
    expect(board.size).toBe(0);
    expect(board.of(one)).toEqual([]);
  });
});

describe("An answer larger than the whole bound", () => {
  it("is not kept, and drops nothing else", () => {
    const fences = new Fences(() => 0);
    const tier = new ProcessTier(fences, MEBIBYTE);
    const [small, large] = [resources.versions(caller(), id(1)), resources.versions(caller(), id(2))];
    tier.put(small, entryOf(small, fences), 150);
    tier.put(large, entryOf(large, fences), MEBIBYTE);
    expect(tier.get(large)).toBeUndefined();
    expect(tier.get(small)).toBeDefined();
  });
});

describe("Marks of invalidations", () => {
  it("void what began before, in the group or the part named, and nothing else", () => {
    const fences = new Fences(() => 0);
    const before = fences.next();
    fences.raise("project-1/10", ["v20"]);
    expect(fences.isCurrent("project-1/10", ["v20"], before)).toBe(false);
    expect(fences.isCurrent("project-1/10", ["v21"], before)).toBe(true);
    expect(fences.isCurrent("project-1/10", ["v20"], fences.next())).toBe(true);
    fences.raise("project-1/10");
    expect(fences.isCurrent("project-1/10", ["v21"], before)).toBe(false);
    expect(fences.isCurrent("project-1/11", ["v21"], before)).toBe(true);
  });

  it("count when they are forgotten, in whichever order groups and parts are", () => {
    const fences = new Fences(() => 0, 1);
    fences.raise("project-1/10", ["v20"]);
    const before = fences.next();
    fences.raise("project-1/11");
    fences.raise("project-1/12");
    fences.raise("project-1/10", ["v21"]);
    expect(fences.isCurrent("project-1/11", [], before)).toBe(false);
  });

  it("tell whether the whole group was invalidated since an instant", () => {
    let now = 100;
    const fences = new Fences(() => now);
    expect(fences.raisedSince("project-1/10", 0)).toBe(false);
    fences.raise("project-1/10", ["v20"]);
    expect(fences.raisedSince("project-1/10", 0)).toBe(false);
    fences.raise("project-1/10");
    now = 200;
    expect(fences.raisedSince("project-1/10", 100)).toBe(true);
    expect(fences.raisedSince("project-1/10", 101)).toBe(false);
  });
});
