import { pino } from "pino";
import type { Clock } from "../../../src/clock.js";
import {
  type CreationEvents,
  createMemoryIdempotencyStore,
  createVersionCreation,
  type IdempotencyStore,
  type VersionCreationOptions,
} from "../../../src/creation/index.js";
import type { CreatedVersion, LongId } from "../../../src/domain/index.js";
import type { GatewayError } from "../../../src/errors.js";
import type { CreationRequest, VersionCreation } from "../../../src/ports.js";
import { FakeClock } from "../../support/fake-clock.js";
import { callerNamed, sampleVersion } from "./samples.js";
import { type PostFate, TestProofs, TestUpstream } from "./test-upstream.js";

export const UPSTREAM_TIMEOUT_MS = 10_000;
/** How long a claim outlives its replica. */
export const LEASE_MS = 20_000;

/** What happened, in its order: what the rest of the gateway was told, and what was counted. */
export class Diary {
  readonly told: string[] = [];
  readonly counted: string[] = [];
  readonly lookups = {
    invalidateJob: async (projectId: string, jobId: LongId) =>
      void this.told.push(`invalidate ${projectId}/${jobId}`),
  };
  readonly watch = {
    recordCreation: async (_caller: unknown, { versionId }: CreatedVersion) =>
      void this.told.push(`record ${versionId}`),
  };
  readonly events: CreationEvents = {
    created: () => this.counted.push("created"),
    replayed: () => this.counted.push("replayed"),
    conflict: (reason) => this.counted.push(`conflict: ${reason}`),
    unknownOutcome: () => this.counted.push("unknown outcome"),
    reconciled: (finding) => this.counted.push(`reconciled: ${finding}`),
    storeAway: () => this.counted.push("store away"),
    unreadable: () => this.counted.push("unreadable"),
  };
}

export interface Rig {
  clock: FakeClock;
  upstream: TestUpstream;
  proofs: TestProofs;
  store: IdempotencyStore;
  diary: Diary;
  creation: VersionCreation;
  /** Another replica that shares the store, the proofs and the upstream. */
  replica(overrides?: Partial<VersionCreationOptions>): VersionCreation;
  /** Sends one creation; by default the sample's, by Ann, without a key. */
  create(request?: Partial<CreationRequest>, by?: VersionCreation): Promise<CreatedVersion>;
}

let tokens = 0;

export function createRig(options: { store?: IdempotencyStore; storeClock?: Clock } = {}): Rig {
  const clock = new FakeClock();
  const upstream = new TestUpstream(clock);
  const proofs = new TestProofs();
  const diary = new Diary();
  const store = options.store ?? createMemoryIdempotencyStore({ clock: options.storeClock ?? clock });
  const replica = (overrides: Partial<VersionCreationOptions> = {}) =>
    createVersionCreation({
      upstream,
      listVersions: upstream.listVersions,
      lookups: diary.lookups,
      watch: diary.watch,
      proofs,
      store,
      upstreamTimeoutMs: UPSTREAM_TIMEOUT_MS,
      log: pino({ level: "silent" }),
      clock,
      events: diary.events,
      newToken: () => `token-${tokens++}`,
      ...overrides,
    });
  const creation = replica();
  return {
    clock,
    upstream,
    proofs,
    store,
    diary,
    creation,
    replica,
    create: (request = {}, by = creation) =>
      by.create({
        caller: callerNamed("ann"),
        requestId: "request-1",
        version: sampleVersion(),
        checkRules: async () => {},
        ...request,
      }),
  };
}

/** The failure of what must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<GatewayError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: GatewayError) => ({ error }),
  );
  if ("value" in outcome) throw new Error(`It did not fail but gave ${JSON.stringify(outcome.value)}`);
  return outcome.error;
}

export const KEY = { idempotencyKey: "one-intent" };

/** A rig in which a first creation with the key has ended that way. */
export async function rigAfter(fate: PostFate): Promise<Rig> {
  const rig = createRig();
  rig.upstream.fates.push(fate);
  await failureOf(rig.create(KEY));
  rig.diary.told.length = 0;
  rig.diary.counted.length = 0;
  return rig;
}

/** A promise, and how to resolve it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
