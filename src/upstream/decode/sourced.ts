import type { Source, Sourced } from "../../ports.js";
import { type JsonObject, parseObject } from "../json.js";
import type { RestAnswer } from "../rest-request.js";

/** Holds nothing of the answer but its text. */
function sourceOf<V>(text: string, decode: (body: JsonObject) => V): Source<V> {
  return { characters: text.length, read: () => decode(parseObject(text) ?? {}) };
}

/**
 * What an answer says, and how to read it again.
 *
 * @throws what `decode` throws
 */
export function sourced<V>({ body, text }: RestAnswer, decode: (body: JsonObject) => V): Sourced<V> {
  return { value: decode(body), source: sourceOf(text, decode) };
}
