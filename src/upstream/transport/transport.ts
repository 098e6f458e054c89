import { errors, Pool } from "undici";
import type { Clock } from "../../clock.js";
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

function createPool({ endpoint, connections, connectTimeoutMs, maxAnswerBytes }: TransportOptions): Pool {
  return new Pool(new URL(endpoint).origin, {
    connections,
    pipelining: 1,
    // One timer of ours covers headers and body together.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectTimeoutMs },
    maxResponseSize: maxAnswerBytes ?? MAX_ANSWER_BYTES,
  });
}

/** A keep-alive pool of connections to the upstream. */
export function createTransport(options: TransportOptions): Transport {
  const { clock } = options;
  const pool = createPool(options);
  let closing: Promise<void> | undefined;

  function send(request: HttpRequest, { timeoutMs, signal }: SendOptions): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const timer = new AbortController();
      const onAbort = () => exchange.cancel(signal?.reason);
      const settled = () => {
        timer.abort();
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
      clock.sleep(timeoutMs, timer.signal).then(
        () => exchange.cancel(new TransportError("timeout", exchange.started)),
        () => {},
      );
      const { method, path, headers, body } = request;
      pool.dispatch({ method, path, headers, body }, exchange);
    });
  }

  return {
    host: new URL(options.endpoint).host,
    send,
    close: () =>
      (closing ??= pool.close().catch((error) => {
        if (!(error instanceof errors.ClientDestroyedError)) throw error;
      })),
  };
}
