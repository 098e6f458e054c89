import type { ErrorCode } from "../errors.js";

/** What the transports tell an operator. */
export interface HttpEvents {
  /** An operation was answered; a subscription counts when it ends. */
  operation(
    type: "query" | "mutation" | "subscription" | "invalid",
    outcome: "ok" | ErrorCode | (string & {}),
    seconds: number,
  ): void;
  /** A query was answered with a kept answer, without being executed. */
  answerRepeated(): void;
  /** A WebSocket or an event stream was opened; the returned function is called when it closes. */
  streamOpened(transport: "ws" | "sse"): () => void;
}
