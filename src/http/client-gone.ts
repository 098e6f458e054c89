import type { ServerResponse } from "node:http";
import { Cancellation, type CancelSignal } from "../cancellation.js";

/** A signal that aborts when the client goes before its answer is written. */
export function clientGone(response: ServerResponse): CancelSignal {
  const gone = new Cancellation();
  response.on("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone;
}
