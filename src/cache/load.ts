import type { CallOff } from "../clock.js";
import { GatewayError, hasCode } from "../errors.js";
import type { Sourced } from "../ports.js";
import type { Asker } from "./asker.js";
import type { Core } from "./core.js";
import { type Entry, TextEntry } from "./entry.js";
import type { Flight } from "./flights.js";
import type { LoadLock, SharedStore, StoredEntry, StoreRead, WriteRequest } from "./store.js";

/** How long a replica may be silent before another one loads in its place (ms). */
export const LEASE_MS = 5_000;

/** What a flight found. */
export interface Answer {
  value: unknown;
  /** Whose value it is; undefined when it came from an upstream call of this flight. */
  entry: Entry<unknown> | undefined;
}

/** What the caches said before the upstream is asked. */
export interface Before {
  /** Absent when the shared store did not answer. */
  read: StoreRead | undefined;
  /** An answer that could not be given: past its end, or without a proof. */
  entry: Entry<unknown> | undefined;
}

/** The right to load, where this flight has it. */
export function heldLock(flight: Flight, read: StoreRead | undefined): LoadLock | undefined {
  const lock = read?.lock;
  return lock !== undefined && lock.token === flight.lockToken ? lock : undefined;
}

/** Asks the upstream, and keeps what it answers in both tiers. */
export class Loader {
  constructor(private readonly core: Core) {}

  async load(flight: Flight, asker: Asker, before: Before): Promise<Answer> {
    const { clock, events, proofs } = this.core.options;
    const { resource, signal } = flight;
    const { caller, requestId } = asker;
    flight.loadSequence = this.core.fences.next();
    const beganAt = clock.now();
    const stopKeepingLease = this.#keepLease(flight, before.read);
    try {
      const answer = await resource.load({ caller, requestId, priority: "lookup", signal });
      events.loaded(resource.kind, "success");
      const { subject } = resource;
      const isNews = subject !== null && proofs.recordHere(caller, subject);
      const proof = isNews ? { credentialId: caller.credentialId, ttlMs: proofs.ttlMs } : undefined;
      const written = this.#keep(flight, answer, beganAt, before.read, proof);
      if (isNews) proofs.share(caller, subject, written);
      return { value: answer.value, entry: undefined };
    } catch (error) {
      return this.#failed(error, flight, asker, before);
    } finally {
      stopKeepingLease?.();
    }
  }

  /** Gives the right to load back, where this flight has it; `forget` names an entry that is known to be gone. */
  giveBack(flight: Flight, read: StoreRead | undefined, forget?: string): void {
    const { store } = this.core.options;
    const lock = heldLock(flight, read);
    if (store === undefined || (lock === undefined && forget === undefined)) return;
    this.core.background("release", store.release(flight.resource.group, lock, forget));
  }

  /** Keeps the right to load while the call is under way. Returns how to stop that, where there is such a right. */
  #keepLease(flight: Flight, read: StoreRead | undefined): CallOff | undefined {
    const { clock, store } = this.core.options;
    const lock = heldLock(flight, read);
    if (store === undefined || lock === undefined) return undefined;
    const extend = () => {
      if (flight.signal.aborted) return;
      this.core.background("extend", store.extend(flight.resource.group, lock, LEASE_MS));
      callOff = clock.after(LEASE_MS / 4, extend);
    };
    let callOff = clock.after(LEASE_MS / 4, extend);
    return () => callOff();
  }

  /** Returns the write to the shared store, which takes the proof along, where there is one. */
  #keep(
    flight: Flight,
    { value, source }: Sourced<unknown>,
    beganAt: number,
    read: StoreRead | undefined,
    proof: WriteRequest["proof"],
  ): Promise<void> | undefined {
    const { resource, sequence, loadSequence = 0 } = flight;
    const ttlMs = resource.ttlMs(value);
    if (ttlMs <= 0 || flight.signal.aborted) {
      this.giveBack(flight, read);
      return undefined;
    }
    const { clock, store } = this.core.options;
    const answeredAt = clock.now();
    const json = store && JSON.stringify(value);
    const times = { beganAt, answeredAt, ttlMs, sequence, loadSequence };
    const entry = source ? new TextEntry(source, times) : { value, ...times, serial: 0 };
    this.core.tier.put(resource, entry, source?.characters ?? json?.length);
    if (store === undefined || json === undefined || read === undefined) return undefined;
    return this.#share(store, flight, { json, beganAt, answeredAt, ttlMs }, read, proof);
  }

  #share(
    store: SharedStore,
    flight: Flight,
    entry: StoredEntry,
    read: StoreRead,
    proof: WriteRequest["proof"],
  ): Promise<void> {
    const { resource } = flight;
    const lock = heldLock(flight, read);
    const { generation } = read;
    const staleMs = this.core.graceMs;
    const request = {
      key: resource,
      generation,
      entry,
      staleMs,
      ...(lock && { lock }),
      ...(proof && { proof }),
    };
    const written = store.write(request).then((current) => {
      // Another replica has invalidated it; its message may still be on the way.
      if (!current) this.core.drop(resource.group, [resource.part]);
    });
    this.core.background("write", written);
    return written;
  }

  #failed(error: unknown, flight: Flight, asker: Asker, { read, entry }: Before): Answer {
    const { events, proofs } = this.core.options;
    const { resource } = flight;
    const missing = hasCode(error, "NOT_FOUND");
    const refused = hasCode(error, "UNAUTHENTICATED") || hasCode(error, "FORBIDDEN");
    events.loaded(resource.kind, missing ? "not_found" : flight.signal.aborted ? "cancelled" : "failure");
    if (refused && resource.subject !== null) proofs.revoke(asker.caller, resource.subject);
    const gone = missing || (refused && resource.subject === null);
    if (gone) this.core.tier.delete(resource);
    this.giveBack(flight, read, gone ? resource.name : undefined);
    if (missing) return { value: null, entry: undefined };
    if (refused || flight.fresh || flight.signal.aborted || entry === undefined) throw error;
    return this.#insteadOf(error, flight, asker, entry);
  }

  /** What is given although the upstream does not answer; throws what the caller is to be told. */
  #insteadOf(error: unknown, flight: Flight, asker: Asker, entry: Entry<unknown>): Answer {
    if (this.core.standingHere(entry) === "over") throw error;
    if (this.core.mayHave(asker.caller, flight.resource, entry)) {
      this.core.options.events.staleServed(flight.resource.kind);
      return { value: entry.value, entry };
    }
    if (!hasCode(error, "UPSTREAM_TIMEOUT") && !hasCode(error, "UPSTREAM_UNAVAILABLE")) throw error;
    throw new GatewayError(
      "UPSTREAM_UNAVAILABLE",
      "ModelArts does not answer, so that your access to this cannot be confirmed. Try again later.",
      {},
      { cause: error },
    );
  }
}
