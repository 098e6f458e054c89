import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";
import type { Cancellation, CancelSignal } from "../cancellation.js";

const HEARTBEAT_MS = 15_000;
const COMMENT = ":\n\n";

/** An answer as Server-Sent Events with a heartbeat, from its first byte to its end. */
export class EventStream {
  readonly #heartbeat: NodeJS.Timeout;

  constructor(
    private readonly response: ServerResponse,
    socket: Socket,
    private readonly closing: Cancellation,
  ) {
    this.#heartbeat = setInterval(() => this.#write(COMMENT), HEARTBEAT_MS);
    const close = () => {
      clearInterval(this.#heartbeat);
      socket.off("close", close);
      closing.abort();
    };
    response.once("close", close);
    // Node.js tells an answer that is queued behind another one nothing when their connection ends. There may be many on one.
    socket.setMaxListeners(0).once("close", close);
    // What cannot be written any more is lost with its connection.
    response.on("error", () => {});
    if (socket.destroyed) close();
    // Some browsers take the headers only with the first bytes of the body.
    this.#write(COMMENT);
  }

  /** Aborts when all has been written, or the client has gone. */
  get closed(): CancelSignal {
    return this.closing;
  }

  /** True when nothing can be sent any more. */
  get isOver(): boolean {
    return this.closing.aborted || this.response.writableEnded || this.response.destroyed;
  }

  /** Sends one event and waits until the reader has taken it, so that a slow reader holds its source back. */
  async send(event: "next" | "complete", data?: unknown): Promise<void> {
    const payload = data === undefined ? "" : ` ${JSON.stringify(data)}`;
    if (this.#write(`event: ${event}\ndata:${payload}\n\n`)) return;
    while (!this.isOver && this.#way.writableNeedDrain) await this.#drained(this.#way);
  }

  /** Its connection, once that is its own: an answer is also told to go on when another one behind it was written. */
  get #way(): Socket | ServerResponse {
    return this.response.socket ?? this.response;
  }

  #drained(writable: Socket | ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const goOn = () => {
        writable.off("drain", goOn);
        this.closed.removeEventListener("abort", goOn);
        resolve();
      };
      writable.once("drain", goOn);
      this.closed.addEventListener("abort", goOn);
    });
  }

  /** Ends the answer; without `complete` before, clients resume elsewhere. */
  end(): void {
    clearInterval(this.#heartbeat);
    this.response.end();
  }

  /** False where the reader has to be waited for. */
  #write(text: string): boolean {
    return this.isOver || this.response.write(text);
  }
}

/**
 * Takes the reply over as an event stream.
 *
 * @param closing aborted when it closes
 */
export function openEventStream(reply: FastifyReply, closing: Cancellation): EventStream {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "x-accel-buffering": "no",
  });
  return new EventStream(reply.raw, reply.request.raw.socket, closing);
}
