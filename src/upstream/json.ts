import { LosslessNumber, parse as parseLosslessly, stringify as stringifyLosslessly } from "lossless-json";
import type { LongId } from "../domain/index.js";

export type JsonObject = Record<string, unknown>;

/** A body without a number of 16 digits or more holds no integer that `JSON.parse` could round. */
const MAY_HOLD_UNSAFE_INTEGER = /[[:,]\s*-?\d{16}/;

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
  return MAY_HOLD_UNSAFE_INTEGER.test(text)
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

/** An id as {@link writeJson} writes it: a bare integer with every digit. */
export function bareInteger(id: LongId): number | LosslessNumber {
  const value = Number(id);
  return Number.isSafeInteger(value) ? value : new LosslessNumber(id);
}

function holdsLossless(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return value instanceof LosslessNumber || Object.values(value).some(holdsLossless);
}

/** JSON in the order of the object's keys; keys whose value is undefined are left out. */
export function writeJson(value: JsonObject): string {
  return holdsLossless(value) ? (stringifyLosslessly(value) ?? "") : JSON.stringify(value);
}
