import type { CancelSignal } from "../../cancellation.js";

/** Header fields of an answer, their names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** One request, ready to be sent. */
export interface HttpRequest {
  method: "GET" | "POST";
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  /** The exact body; "" when there is none. */
  body: string;
}

/** One complete answer. */
export interface HttpAnswer {
  status: number;
  headers: AnswerHeaders;
  body: string;
}

/**
 * Why there is no answer. `connection`: refused, reset, closed. `timeout`: none in time. `protocol`: what came is no
 * HTTP. `too-large`: the answer exceeds {@link MAX_ANSWER_BYTES}. `closed`: this side takes no more requests.
 */
export type TransportFailureKind = "connection" | "timeout" | "protocol" | "too-large" | "closed";

/** An attempt without an answer. */
export class TransportError extends Error {
  override readonly name = "TransportError";

  constructor(
    readonly kind: TransportFailureKind,
    /** False when certainly no byte of the request was sent. */
    readonly sent: boolean,
    cause?: unknown,
  ) {
    super(`No answer: ${kind}`, { cause });
  }
}

export interface SendOptions {
  /** For all of it: connecting, headers and body. */
  timeoutMs: number;
  signal?: CancelSignal | undefined;
}

export interface Transport {
  /** As the `Host` header names the upstream. */
  readonly host: string;
  /** Makes one attempt. Rejects with a {@link TransportError}, or with the signal's reason as soon as that aborts. */
  send(request: HttpRequest, options: SendOptions): Promise<HttpAnswer>;
  /** Takes no more requests, and resolves when those in flight have ended. */
  close(): Promise<void>;
}

/** The greatest answer that is taken: thousands of versions fit, memory stays bounded. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
