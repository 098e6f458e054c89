import type { Socket } from "node:net";
import { buildConnector, Pool } from "undici";
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
}

/**
 * Makes connections, and tells which are still being made: undici leaves those to themselves when a pool is destroyed.
 * (With a signal for all of them, Node.js keeps every socket in memory that ever listened to it.)
 */
function createConnector(timeoutMs: number, underWay: Set<Socket>): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs });
  return (options, callback) => {
    const done: buildConnector.Callback = (...result) => {
      underWay.delete(socket);
      callback(...result);
    };
    // Undici's connectors return the socket, though their types do not say so.
    const socket = connect(options, done) as unknown as Socket;
    underWay.add(socket);
  };
}

function createPool(options: TransportOptions, connect: buildConnector.connector): Pool {
  const { endpoint, connections } = options;
  return new Pool(new URL(endpoint).origin, {
    connections,
    pipelining: 1,
    // One timer of ours covers headers and body together.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect,
    maxResponseSize: MAX_ANSWER_BYTES,
  });
}

/** A keep-alive pool of connections to the upstream. */
class PooledTransport implements Transport {
  readonly host: string;
  readonly #pool: Pool;
  #inFlight = 0;
  /** Told when nothing is in flight any more. */
  #onIdle: (() => void) | undefined;
  readonly #connecting = new Set<Socket>();
  #closing: Promise<void> | undefined;

  constructor(private readonly options: TransportOptions) {
    this.host = new URL(options.endpoint).host;
    this.#pool = createPool(options, createConnector(options.connectTimeoutMs, this.#connecting));
  }

  send(request: HttpRequest, options: SendOptions): Promise<HttpAnswer> {
    if (this.#closing) return Promise.reject(new TransportError("closed", false));
    return this.#dispatch(request, options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeOnceIdle();
    return this.#closing;
  }

  async #closeOnceIdle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      if (this.#inFlight === 0) resolve();
    });
    // Not pool.close(): that would wait for calls that were given up while their connection was being made.
    const destroyed = this.#pool.destroy();
    for (const socket of this.#connecting) socket.destroy(new TransportError("closed", false));
    await destroyed;
  }

  #dispatch({ method, path, headers, body }: HttpRequest, options: SendOptions): Promise<HttpAnswer> {
    const { timeoutMs, signal } = options;
    const { clock } = this.options;
    const repeatable = method === "GET";
    this.#inFlight += 1;
    const exchange = new Exchange({ timeoutMs, signal, repeatable, clock, onEnd: this.#onEnd });
    if (!exchange.ended) this.#pool.dispatch({ method, path, headers, body }, exchange);
    return exchange.answer;
  }

  readonly #onEnd = () => {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  };
}

/** Opens no connection before the first request. */
export function createTransport(options: TransportOptions): Transport {
  return new PooledTransport(options);
}
