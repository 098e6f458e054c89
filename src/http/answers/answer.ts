import type { ServerResponse } from "node:http";
import type { Ingredients } from "../../ports.js";

/** A whole answer to a query, and what must hold for it to be given again. */
export interface AnswerParts {
  operationName: string | null | undefined;
  ingredients: Ingredients;
  /** All that it was sent with. */
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/** Up to this length, a body of plain characters leaves in one write with its head; copying longer ones costs more than a second write. */
const SHORT = 4_096;
/** Its objects, its head, and its place in the cache. */
const BOOKKEEPING_BYTES = 2_048;
const REQUEST_ID = "x-request-id";

function isPlain(body: string, bytes: number): boolean {
  return body.length === bytes;
}

/** In memory of its own: a part of Node's pool would keep the whole of it. */
function bufferOf(body: string): Buffer {
  return Buffer.from(new TextEncoder().encode(body).buffer);
}

/** An answer that is ready to be sent again, under the id of another request. */
export class Answer {
  readonly operationName: string | null | undefined;
  /** About how much memory it takes, in bytes. */
  readonly size: number;
  readonly #ingredients: Ingredients;
  readonly #body: string | Buffer;
  /** Names and values in turn, the request id's value last. */
  readonly #head: string[];

  constructor({ operationName, ingredients, headers, body }: AnswerParts) {
    const bytes = Buffer.byteLength(body);
    const kept = Object.entries(headers).filter(([name]) => name !== REQUEST_ID && name !== "content-length");
    this.operationName = operationName;
    this.size = bytes + ingredients.bytes + BOOKKEEPING_BYTES;
    this.#ingredients = ingredients;
    this.#body = bytes <= SHORT && isPlain(body, bytes) ? body : bufferOf(body);
    this.#head = kept.flatMap(([name, value]) => [name, String(value)]);
    this.#head.push("content-length", String(bytes), REQUEST_ID, "");
  }

  /** True while executing the query again would say the same. */
  isStillTrue(): boolean {
    return this.#ingredients.hold();
  }

  send(response: ServerResponse, requestId: string): void {
    this.#head[this.#head.length - 1] = requestId;
    response.writeHead(200, this.#head);
    response.end(this.#body, "latin1");
  }
}
