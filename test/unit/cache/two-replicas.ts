import type { SharedStore } from "../../../src/cache/index.js";
import { FakeClock } from "../../support/fake-clock.js";
import { createMemoryStore, MemoryState } from "../../support/memory-store.js";
import { caller, completed, details, id, job, version } from "./data.js";
import { type Replica, type ReplicaOptions, replica } from "./replica.js";
import { settle } from "./scripted-upstream.js";

type Change = (store: SharedStore) => Partial<SharedStore>;

/** Two replicas on one store; the second one's is changed. */
export function openTwo(
  change: Change = () => ({}),
  options: Pick<ReplicaOptions<never, never>, "config" | "proofTtlMs" | "events"> = {},
) {
  const clock = new FakeClock();
  const state = new MemoryState();
  const store = createMemoryStore({ clock, state });
  const changed = createMemoryStore({ clock, state });
  const a = replica({ clock, ...options, store });
  const b = replica({ clock, ...options, store: Object.assign(changed, change(changed)) });
  return { a, b, clock, store };
}

/** A version as it is wanted with fields that the job's list holds. */
export const summary = (r: Replica, versionId = 20, who = caller()) =>
  r.operation(who).trainingJobVersion(id(10), id(versionId), "summary");

/** Both versions of the job in one operation. */
export function summaries(r: Replica) {
  const lookups = r.operation();
  return Promise.all([20, 21].map((v) => lookups.trainingJobVersion(id(10), id(v), "summary")));
}

export async function load(r: Replica, wanted: () => Promise<unknown>, answer: unknown): Promise<void> {
  const found = wanted();
  await settle();
  await r.upstream.last.answer(answer);
  await found;
  await settle();
}

export const loadList = (r: Replica, jobDesc = "") =>
  load(r, () => r.operation().trainingJob(id(10)), job([version(20), version(21)], { jobDesc }));

export const loadDetails = (r: Replica, versionId: number) =>
  load(
    r,
    () => r.operation().trainingJobVersion(id(10), id(versionId), "details"),
    details(versionId, completed),
  );
