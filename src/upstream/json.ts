import { LosslessNumber, stringify as stringifyLosslessly } from "lossless-json";
import type { LongId } from "../domain/index.js";
import { quoteUnsafeIntegers } from "./unsafe-integers.js";

export type JsonObject = Record<string, unknown>;

/**
 * Reads JSON without losing a digit: integers beyond 2^53 - 1 come as strings of digits, all else as `JSON.parse` gives it.
 *
 * @throws SyntaxError when the text is no JSON
 */
export function parseJson(text: string): unknown {
  return JSON.parse(quoteUnsafeIntegers(text)) as unknown;
}

/** The value as an object; undefined when it is none, an array included. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The JSON object that the text holds; undefined when it holds none. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    return asObject(parseJson(text));
  } catch {
    return undefined;
  }
}

/** Writes one JSON text, in which ids can be bare integers with every digit. */
export class JsonWriter {
  #hasLossless = false;

  /** An id as {@link JsonWriter.write} writes it: a bare integer. */
  integer(id: LongId): number | LosslessNumber {
    const value = Number(id);
    if (Number.isSafeInteger(value)) return value;
    this.#hasLossless = true;
    return new LosslessNumber(id);
  }

  /** JSON in the order of the object's keys; keys whose value is undefined are left out. */
  write(value: JsonObject): string {
    return this.#hasLossless ? (stringifyLosslessly(value) ?? "") : JSON.stringify(value);
  }
}
