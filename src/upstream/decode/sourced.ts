import type { LongId } from "../../domain/index.js";
import type { Source, Sourced } from "../../ports.js";
import { type JsonObject, parseObject } from "../json.js";
import type { RestAnswer } from "../rest-request.js";

/** The id in memory of its own. One that stands in a query's text can be a part of that text, and would keep all of it for as long as the source is kept. */
export function ownId(id: LongId): LongId {
  return BigInt(id).toString() as LongId;
}

/** Holds nothing of the answer but its text. */
function sourceOf<V>(text: string, decode: (body: JsonObject) => V): Source<V> {
  return { characters: text.length, read: () => decode(parseObject(text) ?? {}) };
}

/**
 * What an answer says, and how to read it again.
 *
 * @param decode is kept with the text, and whatever it refers to
 * @throws what `decode` throws
 */
export function sourced<V>({ body, text }: RestAnswer, decode: (body: JsonObject) => V): Sourced<V> {
  return { value: decode(body), source: sourceOf(text, decode) };
}
