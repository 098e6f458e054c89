import type { Clock } from "../clock.js";
import type { Caller } from "../domain/index.js";
import type { ProofSubject, Proofs } from "../ports.js";
import { createBoundedMap } from "./bounded-map.js";
import type { CacheEvents } from "./events.js";
import { groupOfSubject } from "./groups.js";
import type { SharedStore } from "./store.js";

/** Who asks, without the secret by which he is known. */
export type Named = Pick<Caller, "projectId" | "credentialId">;

/** Proofs as the lookups need them, which read the shared ones together with the entries. */
export interface CacheProofs extends Proofs {
  /** AUTH_PROOF_TTL_MS. */
  readonly ttlMs: number;
  /** How many proofs were revoked here. */
  readonly revoked: number;
  /** What this process knows without asking anyone. */
  holdsHere(caller: Caller, subject: ProofSubject): boolean;
  /** Until when that holds (ms since the epoch); a time in the past where nothing is known. */
  heldUntil(caller: Named, subject: ProofSubject): number;
  /** Records what the upstream's answer has proven, here alone; true when the other replicas are to be told: see `share`. */
  recordHere(caller: Caller, subject: ProofSubject): boolean;
  /**
   * Tells the other replicas what was recorded here. What fails is made up for with the next proof.
   *
   * @param carrier a write to the shared store that takes the proof along; without one it is told by itself
   */
  share(caller: Caller, subject: ProofSubject, carrier?: Promise<unknown>): void;
  /** Takes over a proof of that age (ms) that was read from the shared store. */
  learn(caller: Caller, subject: ProofSubject, ageMs: number): void;
}

export interface ProofsOptions {
  /** Undefined where there is no other replica. */
  store: SharedStore | undefined;
  /** AUTH_PROOF_TTL_MS. */
  proofTtlMs: number;
  clock: Clock;
  events: CacheEvents;
}

// A proof that replicas share is written again only after this share of its life, so that hot keys do not write on every load.
const SHARE_AGAIN_AFTER = 0.1;

/** Proofs kept in this process; a forgotten one is read from the store or renewed. */
const MAX_PROOFS = 50_000;

const NEVER = Number.NEGATIVE_INFINITY;

/** Proofs of access in this process and, where replicas share a store, in it. */
export function createProofs({ store, proofTtlMs, clock, events }: ProofsOptions): CacheProofs {
  const provenAt = createBoundedMap<number>(MAX_PROOFS);
  const sharedAt = createBoundedMap<number>(MAX_PROOFS);
  const revokedAt = createBoundedMap<number>(MAX_PROOFS);
  let revoked = 0;
  const keyOf = (caller: Named, group: string) => `${caller.credentialId}|${group}`;
  const ignore = () => events.storeFailed("proof");

  function heldUntil(caller: Named, subject: ProofSubject): number {
    return (provenAt.get(keyOf(caller, groupOfSubject(caller.projectId, subject))) ?? NEVER) + proofTtlMs;
  }

  function holdsHere(caller: Caller, subject: ProofSubject): boolean {
    return clock.now() < heldUntil(caller, subject);
  }

  // A shared proof can be read after it was revoked here: the read was under way, or the store was away.
  function learn(caller: Caller, subject: ProofSubject, ageMs: number): void {
    const key = keyOf(caller, groupOfSubject(caller.projectId, subject));
    const at = clock.now() - ageMs;
    const since = Math.max(provenAt.get(key) ?? NEVER, revokedAt.get(key) ?? NEVER);
    if (at > since) provenAt.set(key, at);
  }

  function recordHere(caller: Caller, subject: ProofSubject): boolean {
    const key = keyOf(caller, groupOfSubject(caller.projectId, subject));
    const now = clock.now();
    // None is later, unless the clock was set back: then this one is right.
    provenAt.set(key, now);
    if (store === undefined) return false;
    const shared = sharedAt.get(key);
    if (shared !== undefined && now - shared < proofTtlMs * SHARE_AGAIN_AFTER) return false;
    sharedAt.set(key, now);
    return true;
  }

  function share(caller: Caller, subject: ProofSubject, carrier?: Promise<unknown>): void {
    const group = groupOfSubject(caller.projectId, subject);
    const telling = carrier ?? store?.recordProof(group, caller.credentialId, proofTtlMs);
    telling?.catch(() => {
      sharedAt.delete(keyOf(caller, group));
      ignore();
    });
  }

  return {
    ttlMs: proofTtlMs,
    get revoked() {
      return revoked;
    },
    holdsHere,
    heldUntil,
    learn,
    recordHere,
    share,

    record(caller, subject) {
      if (recordHere(caller, subject)) share(caller, subject);
    },

    async holds(caller, subject) {
      if (holdsHere(caller, subject)) return true;
      const group = groupOfSubject(caller.projectId, subject);
      try {
        const ageMs = await store?.readProof(group, caller.credentialId, proofTtlMs);
        if (ageMs !== undefined) learn(caller, subject, ageMs);
      } catch {
        ignore();
      }
      return holdsHere(caller, subject);
    },

    revoke(caller, subject) {
      const group = groupOfSubject(caller.projectId, subject);
      const key = keyOf(caller, group);
      revoked += 1;
      provenAt.delete(key);
      sharedAt.delete(key);
      revokedAt.set(key, clock.now());
      store?.revokeProof(group, caller.credentialId, proofTtlMs).catch(ignore);
    },
  };
}
