import { type Dispatcher, errors } from "undici";
import {
  type AnswerHeaders,
  type HttpAnswer,
  TransportError,
  type TransportFailureKind,
} from "./messages.js";

/** Takes a byte order mark away, and replaces what is no UTF-8. */
const UTF8 = new TextDecoder();

/** Told once how an exchange ended. */
export interface ExchangeEnd {
  answered(answer: HttpAnswer): void;
  failed(error: unknown): void;
}

function kindOf(error: Error): TransportFailureKind {
  if (error instanceof errors.ResponseExceededMaxSizeError) return "too-large";
  if (error instanceof errors.ConnectTimeoutError) return "timeout";
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError)
    return "protocol";
  return "connection";
}

/**
 * One request and its answer, as undici drives it. Undici starts a request right before it writes the first byte: as
 * long as it has not been started, the upstream has certainly seen nothing of it.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #ended = false;
  #status = 0;
  #headers: AnswerHeaders = {};
  readonly #chunks: Buffer[] = [];

  constructor(
    private readonly repeatable: boolean,
    private readonly end: ExchangeEnd,
  ) {}

  /** True once a byte may have been sent. */
  get started(): boolean {
    return this.#controller !== undefined;
  }

  /** Ends the exchange with that error, at once. A request that was not started never will be. */
  cancel(error: unknown): void {
    this.#fail(error);
    this.#controller?.abort(new Error("Cancelled"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Undici may start a request again after a connection has gone; what must not happen twice is not sent twice.
    const forbidden = this.started && !this.repeatable;
    if (this.#ended || forbidden) controller.abort(new Error("Not to be sent (any more)"));
    else this.#controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#ended) this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#ended) return;
    this.#ended = true;
    const [first] = this.#chunks;
    const body = UTF8.decode(this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks));
    this.end.answered({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const isDefect = error instanceof errors.InvalidArgumentError;
    this.#fail(isDefect ? error : new TransportError(kindOf(error), this.started, error));
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#chunks.length = 0;
    this.end.failed(error);
  }
}
