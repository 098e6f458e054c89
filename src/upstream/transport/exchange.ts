import { type Dispatcher, errors } from "undici";
import type { CallOff, Clock } from "../../clock.js";
import {
  type AnswerHeaders,
  type HttpAnswer,
  type SendOptions,
  TransportError,
  type TransportFailureKind,
} from "./messages.js";

/** Takes a byte order mark away, and replaces what is no UTF-8. */
const UTF8 = new TextDecoder();

export interface ExchangeOptions extends SendOptions {
  /** May be sent again after a connection has gone. */
  repeatable: boolean;
  clock: Clock;
  /** Told once, when it has ended: before the answer settles, and perhaps while it is being made. */
  onEnd(): void;
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
  /** Rejects with a {@link TransportError}, or with the signal's reason as soon as that aborts. */
  readonly answer: Promise<HttpAnswer>;
  #resolve!: (answer: HttpAnswer) => void;
  #reject!: (error: unknown) => void;
  readonly #callOffTimeout: CallOff;
  readonly #onAbort = () => this.#cancel(this.options.signal?.reason);
  #controller: Dispatcher.DispatchController | undefined;
  #ended = false;
  #status = 0;
  #headers: AnswerHeaders = {};
  readonly #chunks: Buffer[] = [];

  /** Its time begins now. */
  constructor(private readonly options: ExchangeOptions) {
    const { clock, timeoutMs, signal } = options;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#callOffTimeout = clock.after(timeoutMs, () =>
      this.#cancel(new TransportError("timeout", this.started)),
    );
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** True once a byte may have been sent. */
  get started(): boolean {
    return this.#controller !== undefined;
  }

  /** Has come to its end; right after it was made: its signal had aborted already. */
  get ended(): boolean {
    return this.#ended;
  }

  /** A request that was not started never will be. */
  #cancel(error: unknown): void {
    this.#fail(error);
    this.#controller?.abort(new Error("Cancelled"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Undici may start a request again after a connection has gone; what must not happen twice is not sent twice.
    const forbidden = this.started && !this.options.repeatable;
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
    this.#end();
    const [first] = this.#chunks;
    const body = UTF8.decode(this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks));
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const isDefect = error instanceof errors.InvalidArgumentError;
    this.#fail(isDefect ? error : new TransportError(kindOf(error), this.started, error));
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#end();
    this.#chunks.length = 0;
    this.#reject(error);
  }

  #end(): void {
    this.#ended = true;
    this.#callOffTimeout();
    this.options.signal?.removeEventListener("abort", this.#onAbort);
    this.options.onEnd();
  }
}
