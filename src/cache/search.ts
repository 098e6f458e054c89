import type { Asker } from "./asker.js";
import type { Core } from "./core.js";
import { beganLater, type Entry } from "./entry.js";
import type { Flight } from "./flights.js";
import { bestFound, type Found, substituteFound } from "./found.js";
import { isUnderWay } from "./joining.js";
import { type Answer, heldLock, LEASE_MS, Loader } from "./load.js";
import { Renewals } from "./renewals.js";
import type { LoadLock, StoreRead } from "./store.js";

/** How often one who waits for another replica looks by himself, should no wake-up arrive (ms). */
const LOOK_AGAIN_MS = 100;

/** What was looked for, or the substitute; without one it is to be looked for anew, where others may have begun to. */
export type Result = Answer | { elsewhere: Entry<unknown> | undefined };

function othersLock(flight: Flight, read: StoreRead | undefined): LoadLock | undefined {
  return heldLock(flight, read) ? undefined : read?.lock;
}

/** Finds the answer of one flight: in the shared tier, through another replica's load, or from the upstream. */
export function createSearch(core: Core): (flight: Flight, asker: Asker) => Promise<Result> {
  const { clock, events, random, store, upstreamBudgetMs } = core.options;
  const loader = new Loader(core);
  const renewals = new Renewals();

  function give(flight: Flight, { entry, tier, standing }: Found): Answer {
    if (standing === "stale") events.staleServed(flight.resource.kind);
    else events.hit(tier, flight.resource.kind);
    return { value: entry.value, entry };
  }

  /** Asks the upstream; when only the proof is missing, the other answers that miss the same proof wait for this call. */
  function ask(
    flight: Flight,
    asker: Asker,
    read: StoreRead | undefined,
    found: Found | undefined,
  ): Promise<Answer> {
    const { kind } = flight.resource;
    if (flight.signal.aborted) {
      loader.giveBack(flight, read);
      return Promise.reject(flight.signal.reason);
    }
    const ownLoad = () => loader.load(flight, asker, { read, entry: found?.entry });
    if (found?.standing === "stale") events.refreshed(kind);
    if (found === undefined || found.standing !== "fresh" || found.permitted) return ownLoad();
    events.proofRenewed(kind);
    return renewals.run(asker.caller, flight.resource, ownLoad);
  }

  /** True when the holder of the lock is to be waited for: one holder, no longer than the upstream may take. */
  function worthWaiting(flight: Flight, lock: LoadLock): boolean {
    if (flight.waitsFor === undefined) {
      flight.waitsFor = { token: lock.token, until: clock.now() + upstreamBudgetMs };
      events.coalesced("replica", flight.resource.kind);
    }
    return flight.waitsFor.token === lock.token && clock.now() < flight.waitsFor.until;
  }

  /**
   * True when others have begun to look for the same or for the substitute, and when the shared tier gave no right to load for the
   * sake of a substitute that cannot be used.
   */
  function isElsewhere(flight: Flight, asker: Asker, read: StoreRead | undefined): boolean {
    const { resource, substitute } = flight;
    if (substitute === undefined) return false;
    if (isUnderWay(core, substitute, asker) || isUnderWay(core, resource, asker, flight)) return true;
    return read !== undefined && read.lock === undefined;
  }

  /** Waits for another replica's load to end, or for a look of its own. */
  async function waitFor(flight: Flight, asker: Asker, others: LoadLock, mark: number): Promise<Result> {
    await core.wakeups.wait(others.name, mark, LOOK_AGAIN_MS * (0.5 + random()), flight.signal);
    flight.signal.throwIfAborted();
    return search(flight, asker);
  }

  /** Goes on with what the shared tier said, where there is one. */
  function goOn(flight: Flight, asker: Asker, read: StoreRead | undefined, mark: number): Promise<Result> {
    const found = flight.fresh ? undefined : bestFound(core, flight, asker, read);
    const substitute = substituteFound(core, flight, asker, read);
    const isFound = found?.standing === "fresh" && found.permitted;
    if (isFound || substitute !== undefined) loader.giveBack(flight, read);
    if (substitute !== undefined && !(isFound && !beganLater(substitute, found.entry))) {
      if (flight.substitute) events.hit("shared", flight.substitute.kind);
      return Promise.resolve({ elsewhere: substitute });
    }
    if (isFound) return Promise.resolve(give(flight, found));
    if (isElsewhere(flight, asker, read)) {
      loader.giveBack(flight, read);
      return Promise.resolve({ elsewhere: undefined });
    }
    const renewal = found?.standing === "fresh" && renewals.underWay(asker.caller, flight.resource);
    if (renewal) {
      loader.giveBack(flight, read);
      return renewal.then(() => search(flight, asker));
    }
    const others = othersLock(flight, read);
    if (others !== undefined && found?.permitted) return Promise.resolve(give(flight, found));
    if (others === undefined || !worthWaiting(flight, others)) return ask(flight, asker, read, found);
    return waitFor(flight, asker, others, mark);
  }

  function search(flight: Flight, asker: Asker): Promise<Result> {
    const mark = core.wakeups.mark();
    if (store === undefined) return goOn(flight, asker, undefined, mark);
    const { resource, substitute } = flight;
    const lock = flight.fresh ? undefined : { token: flight.lockToken, leaseMs: LEASE_MS };
    const wanted = { ...(lock && { lock }), ...(substitute && { substitute }) };
    return core.read(resource, asker.caller, wanted).then((read) => goOn(flight, asker, read, mark));
  }

  return search;
}
