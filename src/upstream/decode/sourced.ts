import type { LongId } from "../../domain/index.js";
import type { Source, Sourced } from "../../ports.js";
import { type JsonObject, parseObject } from "../json.js";
import type { RestAnswer } from "../rest-request.js";

/** The id in memory of its own. One that stands in a query's text can be a part of that text, and would keep all of it for as long as the source is kept. */
export function ownId(id: LongId): LongId {
  return BigInt(id).toString() as LongId;
}

/** Holds nothing of the answer but its text. It is one object, without closures: V8 copies what is kept twice, object by object. */
class TextSource<V> implements Source<V> {
  constructor(
    private readonly text: string,
    private readonly decode: (body: JsonObject, asked?: unknown) => V,
    private readonly asked: unknown,
  ) {}

  get characters(): number {
    return this.text.length;
  }

  read(): V {
    return this.decode(parseObject(this.text) ?? {}, this.asked);
  }
}

/**
 * What an answer says, and how to read it again.
 *
 * @param decode is kept with the text, and whatever it refers to
 * @param asked what `decode` must know of the question; kept likewise
 * @throws what `decode` throws
 */
export function sourced<V>(answer: RestAnswer, decode: (body: JsonObject) => V): Sourced<V>;
export function sourced<V, A>(
  answer: RestAnswer,
  decode: (body: JsonObject, asked: A) => V,
  asked: A,
): Sourced<V>;
export function sourced<V>(
  { body, text }: RestAnswer,
  decode: (body: JsonObject, asked?: unknown) => V,
  asked?: unknown,
): Sourced<V> {
  return { value: decode(body, asked), source: new TextSource(text, decode, asked) };
}
