import type { JobKey, WatchSignals } from "../ports.js";

/** Wake-ups within one process. */
export class MemorySignals implements WatchSignals {
  readonly #listeners = new Set<(job: JobKey) => void>();

  wake(job: JobKey): void {
    for (const listener of this.#listeners) listener(job);
  }

  onWake(listener: (job: JobKey) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A process can always reach its own memory. */
  onUp(): () => void {
    return () => {};
  }
}
