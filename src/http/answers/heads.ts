import type { ServerResponse } from "node:http";
import { LRUCache } from "lru-cache";

const CONTENT_LENGTH = "content-length";
const REQUEST_ID = "x-request-id";
/** Heads differ by media type and origin. */
const MAX_HEADS = 1_000;

/** What answers are sent with, but for the two fields that differ from answer to answer and from request to request. */
export class Head {
  /** Names and values in turn; the values of the two come last, and are written before each use. */
  readonly #fields: string[];

  constructor(fields: readonly (readonly [name: string, value: string])[]) {
    this.#fields = [...fields.flat(), CONTENT_LENGTH, "", REQUEST_ID, ""];
  }

  write(response: ServerResponse, contentLength: string, requestId: string): void {
    const fields = this.#fields;
    fields[fields.length - 3] = contentLength;
    fields[fields.length - 1] = requestId;
    response.writeHead(200, fields);
  }
}

/** Finds the head that answers with the same fields share: thousands of copies would not stay in a processor's cache. */
export class Heads {
  readonly #known = new LRUCache<string, Head>({ max: MAX_HEADS });

  of(headers: Readonly<Record<string, unknown>>): Head {
    const fields = Object.entries(headers)
      .filter(([name]) => name !== CONTENT_LENGTH && name !== REQUEST_ID)
      .map(([name, value]): [string, string] => [name, String(value)]);
    const key = JSON.stringify(fields);
    const head = this.#known.get(key) ?? new Head(fields);
    this.#known.set(key, head);
    return head;
  }
}
