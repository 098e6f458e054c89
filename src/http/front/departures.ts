import type { ServerResponse } from "node:http";

/** With more, the first to be ready would wait too long for the last. */
const MOST_TOGETHER = 32;

/**
 * Sends answers together, at the end of the event loop's turn in which they were ready. To wake who sleeps at the other end of a
 * connection costs more than to write to it, and of answers that leave in a row the later ones mostly find him awake.
 */
export class Departures {
  #waiting: ServerResponse[] = [];

  /**
   * Ends an answer whose head was given with its whole body, both in one write. `response.end(body)` adds an empty second write, for
   * which Node.js 20 gathers the chunks in memory of their own and waits for the event loop to tell that they have left.
   *
   * @param bytes length of the body in UTF-8
   */
  end(response: ServerResponse, body: string | Buffer, bytes: number): void {
    const { socket } = response;
    // Plain characters are the same in both, and need no encoder.
    const encoding = bytes === body.length ? "latin1" : "utf8";
    if (socket === null) {
      // The connection has gone, or is still busy with an earlier answer.
      response.end(body, encoding);
      return;
    }
    socket.cork();
    response.write(body, encoding);
    this.#waiting.push(response);
    if (this.#waiting.length === 1) setImmediate(this.#depart);
    else if (this.#waiting.length === MOST_TOGETHER) this.#depart();
  }

  /** True once the answer was ended, though it may not have left yet. */
  hasEnded(response: ServerResponse): boolean {
    return response.writableEnded || this.#waiting.includes(response);
  }

  readonly #depart = () => {
    const leaving = this.#waiting;
    this.#waiting = [];
    for (const response of leaving) {
      // Ending it would uncork it as well, but behind the empty write.
      response.socket?.uncork();
      response.end();
    }
  };
}
