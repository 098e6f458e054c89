import type { Clock } from "../../../../src/clock.js";
import { createMemoryWatchStores, type WatchStores } from "../../../../src/watch/index.js";
import type { JobKey } from "../../../../src/watch/ports.js";

/** Stores that several replicas share, and that fail as a network and a server do. */
export class FaultyStores {
  /** When true, wake-ups are lost. */
  losesWakes = false;
  #now: WatchStores;
  readonly #views = new Set<StoreView>();

  constructor(
    private readonly clock: Clock,
    private readonly historyLength: number,
  ) {
    this.#now = this.#create();
  }

  /** Restarted empty. */
  empty(): void {
    this.#now = this.#create();
  }

  /** One replica's connection. */
  view(): StoreView {
    const view = new StoreView(() => this.#now);
    this.#views.add(view);
    return view;
  }

  #create(): WatchStores {
    const stores = createMemoryWatchStores({
      clock: this.clock,
      historyLength: this.historyLength,
      maxWatchedJobs: 100,
    });
    stores.signals.onWake((job) => {
      if (!this.losesWakes) for (const view of this.#views) view.wake(job);
    });
    return stores;
  }
}

type AnyMethod = (...args: never[]) => Promise<unknown>;

export class StoreView {
  /** `down`: nothing arrives. `mute`: everything arrives, and no answer comes back. */
  #state: "up" | "down" | "mute" = "up";
  readonly #held = new Map<string, { skip: number; until: Promise<void> }>();
  readonly #wakeListeners = new Set<(job: JobKey) => void>();
  readonly #upListeners = new Set<() => void>();
  readonly stores: WatchStores;

  constructor(private readonly current: () => WatchStores) {
    this.stores = {
      lease: this.#faulty("lease"),
      history: this.#faulty("history"),
      throttle: this.#faulty("throttle"),
      signals: {
        onWake: (listener) => {
          this.#wakeListeners.add(listener);
          return () => this.#wakeListeners.delete(listener);
        },
        onUp: (listener) => {
          this.#upListeners.add(listener);
          return () => this.#upListeners.delete(listener);
        },
      },
    };
  }

  set(state: "up" | "down" | "mute"): void {
    const wasUp = this.#state === "up";
    this.#state = state;
    if (state === "up" && !wasUp) for (const listener of this.#upListeners) listener();
  }

  /** Calls of that method, after so many that are not, are under way until it is released. */
  hold(method: string, skip = 0): { release(): void } {
    let release = (): void => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#held.set(method, { skip, until });
    return {
      release: () => {
        this.#held.delete(method);
        release();
      },
    };
  }

  wake(job: JobKey): void {
    if (this.#state === "up") for (const listener of this.#wakeListeners) listener(job);
  }

  #faulty<P extends "lease" | "history" | "throttle">(port: P): WatchStores[P] {
    const call = async (name: string, args: never[]): Promise<unknown> => {
      const held = this.#held.get(name);
      if (held) held.skip -= 1;
      // As over a network, what is called now happens a little later.
      await (held && held.skip < 0 ? held.until : undefined);
      if (this.#state === "down") throw new Error("store away");
      const target = this.current()[port] as unknown as Record<string, AnyMethod>;
      const method = target[name];
      if (!method) throw new Error(`no method ${name}`);
      const answer = await method.apply(target, args);
      if (this.#state !== "up") throw new Error("no answer from the store");
      return answer;
    };
    return new Proxy({} as WatchStores[P], {
      get: (_, name) => (typeof name === "string" ? (...args: never[]) => call(name, args) : undefined),
    });
  }
}
