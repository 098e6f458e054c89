import type { Asker } from "./asker.js";
import type { Core } from "./core.js";
import { type Entry, entryFromStore, type Freshness, freshnessOf } from "./entry.js";
import type { Flight } from "./flights.js";
import type { StoreRead } from "./store.js";

/** What a tier has of what a flight looks for. */
export interface Found {
  entry: Entry<unknown>;
  standing: Freshness;
  tier: "process" | "shared";
  /** True when the asker may have it. */
  permitted: boolean;
}

type InTier = Omit<Found, "permitted">;

function foundHere(core: Core, entry: Entry<unknown> | undefined): InTier | undefined {
  if (entry === undefined) return undefined;
  const standing = core.standingHere(entry);
  return standing === "over" ? undefined : { entry, standing, tier: "process" };
}

function foundShared(core: Core, entry: Entry<unknown> | undefined): InTier | undefined {
  if (entry === undefined) return undefined;
  const standing = freshnessOf(entry, core.options.clock.now(), core.graceMs);
  return standing === "over" ? undefined : { entry, standing, tier: "shared" };
}

/** The best that the two tiers have; undefined when it is over. */
export function bestFound(
  core: Core,
  { resource, sequence }: Flight,
  { caller }: Asker,
  read: StoreRead | undefined,
): Found | undefined {
  const here = foundHere(core, core.tier.get(resource));
  const sharedEntry = read?.entry && entryFromStore<unknown>(read.entry, sequence);
  const shared = foundShared(core, sharedEntry);
  if (sharedEntry) core.tier.put(resource, sharedEntry, read?.entry?.json.length ?? 0);
  const newest = here && shared && shared.entry.beganAt > here.entry.beganAt ? shared : (here ?? shared);
  return newest && { permitted: core.mayHave(caller, resource, newest.entry), ...newest };
}

/** What would do as well, where the shared tier has it fresh and the asker may have it. */
export function substituteFound(
  core: Core,
  { substitute, sequence }: Flight,
  { caller }: Asker,
  read: StoreRead | undefined,
): Entry<unknown> | undefined {
  const stored = read?.substitute;
  return substitute && stored && core.takeOver(substitute, stored, sequence, caller);
}
