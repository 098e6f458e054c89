import { LRUCache } from "lru-cache";

/** A map that forgets what was used least recently. It grows as it fills, where LRUCache's `max` would reserve it all. */
export function createBoundedMap<V extends NonNullable<unknown>>(maxEntries: number): LRUCache<string, V> {
  return new LRUCache({ maxSize: maxEntries, sizeCalculation: () => 1 });
}
