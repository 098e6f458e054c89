import type { ServerResponse } from "node:http";
import { LRUCache } from "lru-cache";
import { type Form, isSameForm } from "./form.js";

const CONTENT_LENGTH = "content-length";
const REQUEST_ID = "x-request-id";
/** Bound of the heads, in characters: they differ by media type and origin. */
const MAX_CHARACTERS = 1_000_000;
/** What a head takes beside the form that it belongs to. */
const BOOKKEEPING = 1_000;

/** What answers are sent with, but for the two fields that differ from answer to answer and from request to request. */
export class Head {
  readonly mediaType: string | undefined;
  /** Names and values in turn; the values of the two come last, and are written before each use. */
  readonly #fields: string[];

  constructor(fields: readonly (readonly [name: string, value: string])[]) {
    this.mediaType = fields.find(([name]) => name === "content-type")?.[1];
    this.#fields = [...fields.flat(), CONTENT_LENGTH, "", REQUEST_ID, ""];
  }

  /** Writes it in front of a body of so many bytes. */
  write(response: ServerResponse, status: number, contentLength: string, requestId: string): void {
    const fields = this.#fields;
    fields[fields.length - 3] = contentLength;
    fields[fields.length - 1] = requestId;
    response.writeHead(status, fields);
  }
}

/** One that is missing is not one that is empty. */
function keyOf({ accept, contentType, origin }: Form): string {
  return JSON.stringify([accept ?? null, contentType ?? null, origin ?? null]);
}

/** The heads of answers, learned from answers to requests of the same form. */
export class Heads {
  readonly #byForm = new LRUCache<string, Head>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_head, key) => key.length + BOOKKEEPING,
  });

  /** Most clients are alike: their form needs no key. */
  #latest: { form: Form; head: Head } | undefined;

  /** Undefined where no request of that form was answered yet. */
  of(form: Form): Head | undefined {
    if (this.#latest !== undefined && isSameForm(form, this.#latest.form)) return this.#latest.head;
    const head = this.#byForm.get(keyOf(form));
    if (head !== undefined) this.#latest = { form, head };
    return head;
  }

  /** @param headers all that a request of that form was answered with */
  learn(form: Form, headers: Readonly<Record<string, unknown>>): Head {
    const known = this.of(form);
    if (known !== undefined) return known;
    const fields = Object.entries(headers)
      .filter(([name]) => name !== CONTENT_LENGTH && name !== REQUEST_ID)
      .map(([name, value]): [string, string] => [name, String(value)]);
    const head = new Head(fields);
    this.#byForm.set(keyOf(form), head);
    return head;
  }
}
