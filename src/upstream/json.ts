import { LosslessNumber, parse as parseLosslessly, stringify as stringifyLosslessly } from "lossless-json";
import type { LongId } from "../domain/index.js";

export type JsonObject = Record<string, unknown>;

/** A body without a number of 16 digits or more holds no integer that `JSON.parse` could round. */
const UNSAFE_INTEGER = /[[:,]\s*-?\d{16}/;
const LONG = 16;

function isDigitAt(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 48 && code <= 57;
}

/** Whether 16 digits stand in a row. One of any 16 characters in a row has an index divisible by 16: the others need no look. */
function hasLongNumber(text: string): boolean {
  for (let index = 0; index < text.length; index += LONG) {
    if (!isDigitAt(text, index)) continue;
    let from = index;
    let to = index + 1;
    while (isDigitAt(text, from - 1)) from -= 1;
    while (isDigitAt(text, to)) to += 1;
    if (to - from >= LONG) return true;
  }
  return false;
}

const INTEGER = /^-?\d+$/;

function exactNumber(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) || !INTEGER.test(text) ? value : text;
}

const LOSSLESS = {
  parseNumber: exactNumber,
  onDuplicateKey: ({ newValue }: { newValue: unknown }) => newValue,
};

/**
 * Reads JSON without losing a digit: integers beyond 2^53 - 1 come as strings of digits, all else as `JSON.parse` gives it.
 *
 * @throws an error of any class when the text is no JSON
 */
export function parseJson(text: string): unknown {
  return hasLongNumber(text) && UNSAFE_INTEGER.test(text)
    ? parseLosslessly(text, undefined, LOSSLESS)
    : (JSON.parse(text) as unknown);
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
