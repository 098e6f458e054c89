import type { EventStream } from "./sse-response.js";

/** The event streams of subscriptions, which go on until somebody ends them. */
export class OpenStreams {
  readonly #open = new Set<EventStream>();
  #isDraining = false;

  /** Ends it at once where the gateway stops. */
  add(stream: EventStream): void {
    if (this.#isDraining) {
      stream.end();
      return;
    }
    if (stream.isOver) return;
    this.#open.add(stream);
    stream.closed.addEventListener("abort", () => this.#open.delete(stream));
  }

  /** Ends every one without `complete`, so that clients resume elsewhere. */
  drain(): void {
    this.#isDraining = true;
    for (const stream of this.#open) stream.end();
  }
}
