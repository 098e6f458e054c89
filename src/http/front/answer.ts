import type { ServerResponse } from "node:http";
import type { Ingredients } from "../../ports.js";
import type { Head } from "./heads.js";

/** A whole answer to a query, and what must hold for it to be given again. */
export interface AnswerParts {
  operationName: string | null;
  ingredients: Ingredients;
  head: Head;
  body: string;
}

/** Up to this length, a body of plain characters leaves in one write with its head; copying longer ones costs more than a second write. */
const SHORT = 4_096;
/** Its objects and its place in the cache. */
const BOOKKEEPING_BYTES = 2_048;

function isPlain(body: string, bytes: number): boolean {
  return body.length === bytes;
}

/** In memory of its own: a part of Node's pool would keep the whole of it. */
function bufferOf(body: string): Buffer {
  return Buffer.from(new TextEncoder().encode(body).buffer);
}

/** An answer that is ready to be sent again, under the id of another request. */
export class Answer {
  readonly operationName: string | null;
  /** About how much memory it takes, in bytes. */
  readonly size: number;
  readonly #ingredients: Ingredients;
  readonly #head: Head;
  readonly #body: string | Buffer;
  readonly #length: string;

  constructor({ operationName, ingredients, head, body }: AnswerParts) {
    const bytes = Buffer.byteLength(body);
    this.operationName = operationName;
    this.size = bytes + ingredients.bytes + BOOKKEEPING_BYTES;
    this.#ingredients = ingredients;
    this.#body = bytes <= SHORT && isPlain(body, bytes) ? body : bufferOf(body);
    this.#head = head;
    this.#length = String(bytes);
  }

  /** True while executing the query again would say the same. */
  isStillTrue(): boolean {
    return this.#ingredients.hold();
  }

  send(response: ServerResponse, requestId: string): void {
    this.#head.write(response, 200, this.#length, requestId);
    response.end(this.#body, "latin1");
  }
}
