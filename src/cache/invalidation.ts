import type { Core } from "./core.js";
import type { SharedStore } from "./store.js";

/** What is not to be given any more, and how the store and the other replicas are told. */
export interface Drop {
  group: string;
  /** The whole group where there are none. */
  parts?: readonly string[];
  tellOthers(store: SharedStore): Promise<void>;
}

/** All that is cached of a group. */
export function wholeGroup(group: string): Drop {
  return { group, tellOthers: (store) => store.invalidate(group) };
}

/** Everything that is resolved has been handed out: continuations that were due run before the next macrotask. */
function handedOut(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Drops what is cached here and in the other replicas. */
export class Invalidation {
  constructor(private readonly core: Core) {}

  /**
   * Drops before, so that nothing joins what is under way, and after, since the store had the old answer until then. Never rejects.
   *
   * @param keep what takes the place of that, before anyone who waited for it until then looks again
   */
  drop(drops: readonly Drop[], keep: () => void = () => {}): Promise<void> {
    const { store } = this.core.options;
    const keepAndHandOut = () => {
      keep();
      return handedOut();
    };
    this.#dropHere(drops);
    if (store === undefined) return keepAndHandOut();
    return Promise.all(drops.map((each) => this.#tellOthers(store, each))).then(() => {
      this.#dropHere(drops);
      return keepAndHandOut();
    });
  }

  #dropHere(drops: readonly Drop[]): void {
    for (const { group, parts } of drops) this.core.drop(group, parts);
  }

  async #tellOthers(store: SharedStore, drop: Drop): Promise<void> {
    const { events, log } = this.core.options;
    try {
      await drop.tellOthers(store);
    } catch (error) {
      events.storeFailed("invalidate");
      const reason = error instanceof Error ? error.message : String(error);
      log.warn(
        { event: "invalidation_not_shared", group: drop.group, reason },
        "Other replicas could not be told now",
      );
    }
  }
}
