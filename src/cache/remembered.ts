import DataLoader from "dataloader";
import type { Fences } from "./fences.js";
import { FencedMemo, type MemoKey } from "./memo.js";

/** Loads that one operation makes once, in batches. */
export interface Remembered<K, V> {
  load(key: K): Promise<V>;
  /** What this operation has loaded or is loading. */
  known(key: K): Promise<V> | undefined;
}

/**
 * A DataLoader whose memory ends with an invalidation. A fresh answer takes the place of what was remembered before.
 *
 * @param batch returns one promise for each key, in order, so that a slow one holds up no other
 */
export function createRemembered<K extends { fresh: boolean }, V>(
  fences: Fences,
  memoKeyOf: (key: K) => MemoKey,
  batch: (keys: readonly K[]) => Promise<V>[],
): Remembered<K, V> {
  const cacheKeyFn = (key: K): MemoKey => {
    const memoKey = memoKeyOf(key);
    return key.fresh ? { ...memoKey, id: `fresh ${memoKey.id}` } : memoKey;
  };

  function start() {
    const memo = new FencedMemo<Promise<Promise<V>>>(fences);
    const options = { cacheMap: memo, cacheKeyFn };
    const loader = new DataLoader<K, Promise<V>, MemoKey>(async (keys) => batch(keys), options);
    return { memo, loader };
  }

  // Most operations look up one or two of the things that there are.
  let started: ReturnType<typeof start> | undefined;

  return {
    async load(key) {
      started ??= start();
      const { memo, loader } = started;
      const value = await loader.load(key);
      if (key.fresh) memo.copy(cacheKeyFn(key), memoKeyOf(key));
      return value;
    },
    known: (key) => started?.memo.get(cacheKeyFn(key))?.then((value) => value),
  };
}
