import type { ServerResponse } from "node:http";

/** A signal that aborts when the client goes before its answer is written. */
export function clientGone(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
