import type { ServerResponse } from "node:http";
import type { Ingredients } from "../../ports.js";
import type { Departures } from "./departures.js";
import type { Head } from "./heads.js";
import type { Posted } from "./posted.js";

/** A whole answer to a query, and what must hold for it to be given again. */
export interface AnswerParts {
  operationName: string | null;
  ingredients: Ingredients;
  head: Head;
  body: string;
}

/** Up to this length, a body of plain characters leaves in one write with its head: Node.js copies no more than 16 KiB on its stack. */
const SHORT = 15_000;
/** Its objects and its place in the cache. */
const BOOKKEEPING_BYTES = 2_048;

function isPlain(body: string, bytes: number): boolean {
  return body.length === bytes;
}

/** In memory of its own: a part of Node's pool would keep the whole of it. */
function bufferOf(body: string): Buffer {
  return Buffer.from(new TextEncoder().encode(body).buffer);
}

/** An answer that is ready to be sent again, to whoever asks the same. */
export class Answer {
  readonly operationName: string | null;
  /** About how much memory it takes, in bytes. */
  readonly size: number;
  readonly #projectId: string;
  readonly #credentialId: string;
  /** The request's body, byte by byte. */
  readonly #question: string;
  readonly #ingredients: Ingredients;
  readonly #head: Head;
  readonly #body: string | Buffer;
  readonly #bytes: number;
  readonly #length: string;

  constructor({ caller, body: question }: Posted, parts: AnswerParts) {
    const { operationName, ingredients, head, body } = parts;
    const bytes = Buffer.byteLength(body);
    this.operationName = operationName;
    this.size = bytes + question.length + ingredients.bytes + BOOKKEEPING_BYTES;
    this.#projectId = caller.projectId;
    this.#credentialId = caller.credentialId;
    this.#question = question.toString("latin1");
    this.#ingredients = ingredients;
    this.#body = bytes <= SHORT && isPlain(body, bytes) ? body : bufferOf(body);
    this.#head = head;
    this.#bytes = bytes;
    this.#length = String(bytes);
  }

  /** True where the request is the same in all that an answer depends on. */
  isTo({ caller, head, body }: Posted): boolean {
    return (
      // Requests of the same form have the same head, and no others have.
      head === this.#head &&
      caller.credentialId === this.#credentialId &&
      caller.projectId === this.#projectId &&
      body.toString("latin1") === this.#question
    );
  }

  /** True while executing the query again would say the same. */
  isStillTrue(): boolean {
    return this.#ingredients.hold();
  }

  /** Sends it under the id of another request. */
  send(response: ServerResponse, requestId: string, departures: Departures): void {
    this.#head.write(response, 200, this.#length, requestId);
    departures.end(response, this.#body, this.#bytes);
  }
}
