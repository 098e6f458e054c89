import { LRUCache } from "lru-cache";

/**
 * A map that forgets what was used least recently. It grows as it fills, where LRUCache's `max` would reserve it all.
 *
 * @param onForgotten told of each value for which there was no room any more
 */
export function createBoundedMap<V extends NonNullable<unknown>>(
  maxEntries: number,
  onForgotten?: (value: V) => void,
): LRUCache<string, V> {
  return new LRUCache({
    maxSize: maxEntries,
    sizeCalculation: () => 1,
    ...(onForgotten && {
      dispose: (value, _key, reason) => {
        if (reason === "evict") onForgotten(value);
      },
    }),
  });
}
