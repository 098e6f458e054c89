import { setMaxListeners } from "node:events";
import { Pool } from "undici";
import type { CallOff, Clock } from "../../clock.js";
import { Exchange } from "./exchange.js";
import {
  type HttpAnswer,
  type HttpRequest,
  MAX_ANSWER_BYTES,
  type SendOptions,
  type Transport,
  TransportError,
} from "./messages.js";

export interface TransportOptions {
  /** Base URL of the upstream; only its origin counts here. */
  endpoint: string;
  connections: number;
  /** For a new connection alone. */
  connectTimeoutMs: number;
  clock: Clock;
  maxAnswerBytes?: number;
}

/** @param lifetime ends every connection when it aborts, one that is still being made included */
function createPool(options: TransportOptions, lifetime: AbortSignal): Pool {
  const { endpoint, connections, connectTimeoutMs, maxAnswerBytes } = options;
  return new Pool(new URL(endpoint).origin, {
    connections,
    pipelining: 1,
    // One timer of ours covers headers and body together.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectTimeoutMs, signal: lifetime },
    maxResponseSize: maxAnswerBytes ?? MAX_ANSWER_BYTES,
  });
}

/** A keep-alive pool of connections to the upstream. */
class PooledTransport implements Transport {
  readonly host: string;
  readonly #pool: Pool;
  readonly #inFlight = new Set<Promise<HttpAnswer>>();
  readonly #lifetime = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(private readonly options: TransportOptions) {
    this.host = new URL(options.endpoint).host;
    // Each connection listens to it as long as it lives.
    setMaxListeners(0, this.#lifetime.signal);
    this.#pool = createPool(options, this.#lifetime.signal);
  }

  send(request: HttpRequest, options: SendOptions): Promise<HttpAnswer> {
    if (this.#closing) return Promise.reject(new TransportError("closed", false));
    const answer = this.#dispatch(request, options);
    this.#inFlight.add(answer);
    const forget = () => this.#inFlight.delete(answer);
    answer.then(forget, forget);
    return answer;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeOnceIdle();
    return this.#closing;
  }

  async #closeOnceIdle(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
    // Not pool.close(): that would wait for calls that were given up while their connection was being made.
    const destroyed = this.#pool.destroy();
    this.#lifetime.abort();
    await destroyed;
  }

  #dispatch(request: HttpRequest, { timeoutMs, signal }: SendOptions): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      let callOff: CallOff = () => {};
      const onAbort = () => exchange.cancel(signal?.reason);
      const settled = () => {
        callOff();
        signal?.removeEventListener("abort", onAbort);
      };
      const exchange = new Exchange(request.method === "GET", {
        answered(answer) {
          settled();
          resolve(answer);
        },
        failed(error) {
          settled();
          reject(error);
        },
      });
      if (signal?.aborted) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      callOff = this.options.clock.after(timeoutMs, () =>
        exchange.cancel(new TransportError("timeout", exchange.started)),
      );
      const { method, path, headers, body } = request;
      this.#pool.dispatch({ method, path, headers, body }, exchange);
    });
  }
}

/** Opens no connection before the first request. */
export function createTransport(options: TransportOptions): Transport {
  return new PooledTransport(options);
}
