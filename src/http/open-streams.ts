import type { ServerResponse } from "node:http";

/** The event streams of subscriptions, which go on until somebody ends them. */
export class OpenStreams {
  readonly #open = new Set<ServerResponse>();
  #isDraining = false;

  /** Ends it at once where the gateway stops. */
  add(response: ServerResponse): void {
    if (this.#isDraining) {
      response.end();
      return;
    }
    this.#open.add(response);
    response.once("close", () => this.#open.delete(response));
  }

  /** Ends every one without `complete`, so that clients resume elsewhere. */
  drain(): void {
    this.#isDraining = true;
    for (const response of this.#open) response.end();
  }
}
