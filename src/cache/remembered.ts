import DataLoader from "dataloader";
import type { Found } from "../ports.js";
import type { Fences } from "./fences.js";
import { FencedMemo, type MemoKey } from "./memo.js";

export interface RememberedOptions<K, V> {
  fences: Fences;
  memoKeyOf: (key: K) => MemoKey;
  /** What may be given without a load; undefined where there is nothing, or where a load decides. */
  atOnce?: (key: K) => V | undefined;
  /** Returns one promise for each key, in order, so that a slow one holds up no other. */
  batch: (keys: readonly K[]) => Promise<V>[];
}

/**
 * What one operation looks up once, in batches: a DataLoader whose memory ends with an invalidation. A fresh answer takes the place
 * of what was remembered before.
 */
export class Remembered<K extends { fresh: boolean }, V> {
  readonly #memo: FencedMemo<Promise<V>>;
  #loader: DataLoader<K, V, MemoKey> | undefined;

  constructor(private readonly options: RememberedOptions<K, V>) {
    this.#memo = new FencedMemo(options.fences);
  }

  /** What this operation has loaded or is loading. */
  known(key: K): Promise<V> | undefined {
    return this.#memo.get(this.#memoKeyOf(key));
  }

  /** The same as {@link Remembered.find}, always as a promise. */
  load(key: K): Promise<V> {
    const found = this.find(key);
    return found instanceof Promise ? found : Promise.resolve(found);
  }

  /** What may be given at once, else what is loaded, with whatever else this operation asks for at the time. */
  find(key: K): Found<V> {
    if (key.fresh) return this.#loadFresh(key);
    const memoKey = this.options.memoKeyOf(key);
    return this.#memo.get(memoKey) ?? this.#giveAtOnce(key, memoKey) ?? this.#load(key);
  }

  #giveAtOnce(key: K, memoKey: MemoKey): V | undefined {
    const value = this.options.atOnce?.(key);
    if (value === undefined) return undefined;
    this.#memo.set(memoKey, Promise.resolve(value));
    return value;
  }

  #load(key: K): Promise<V> {
    // DataLoader resolves the promise of each key with what is in its place: with a promise as well as with a value.
    this.#loader ??= new DataLoader(
      async (keys: readonly K[]) => this.options.batch(keys) as unknown as V[],
      {
        cacheMap: this.#memo,
        cacheKeyFn: (each) => this.#memoKeyOf(each),
      },
    );
    return this.#loader.load(key);
  }

  async #loadFresh(key: K): Promise<V> {
    const value = await this.#load(key);
    this.#memo.copy(this.#memoKeyOf(key), this.options.memoKeyOf(key));
    return value;
  }

  #memoKeyOf(key: K): MemoKey {
    const memoKey = this.options.memoKeyOf(key);
    return key.fresh ? { ...memoKey, id: `fresh ${memoKey.id}` } : memoKey;
  }
}
