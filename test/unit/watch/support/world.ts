import { createMemoryWatchStores, type WatchStores } from "../../../../src/watch/index.js";
import { FakeClock } from "../../../support/fake-clock.js";
import { until } from "../../../support/until.js";
import { id, type Reader, type Replica, type ReplicaOptions, startReplica } from "./replica.js";
import { ScriptedUpstream } from "./scripted-upstream.js";

/** One replica over a scripted upstream, on a clock that stands still. */
export interface World extends Replica, AsyncDisposable {
  clock: FakeClock;
  upstream: ScriptedUpstream;
  stores: WatchStores;
  /** Lets `ms` pass, in steps that let everything run. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until a reader has got that many events. */
  told(reader: Reader, count: number): Promise<string[]>;
}

/** The version that {@link watchedWorld} has. */
export const V1 = { versionId: id("1") };

/** A world with one version, which is RUNNING. */
export function watchedWorld(options: { historyLength?: number } = {}): World {
  const world = startWorld(options);
  world.upstream.set("1", "RUNNING");
  return world;
}

export function startWorld(
  options: Partial<ReplicaOptions> & { upstream?: ScriptedUpstream; historyLength?: number } = {},
): World {
  const clock = new FakeClock();
  const upstream = options.upstream ?? new ScriptedUpstream();
  const historyLength = options.historyLength ?? 1_024;
  const stores = options.stores ?? createMemoryWatchStores({ clock, historyLength, maxWatchedJobs: 100 });
  const replica = startReplica({
    ...options,
    config: { ...options.config, historyLength },
    clock,
    upstream,
    stores,
  });
  return {
    ...replica,
    clock,
    upstream,
    stores,
    pass: (ms) => clock.advance(ms),
    async told(reader, count) {
      await until(`${count} events`, async () => {
        const isThere = () => reader.events.length >= count || reader.ended;
        if (!isThere()) await clock.advance(50);
        return isThere();
      });
      return reader.told;
    },
    [Symbol.asyncDispose]: () => replica.watch.close(),
  };
}
