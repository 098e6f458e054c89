import { invalidArgument, invalidValue } from "../answers.js";
import { LONG_MAX, lengthOf } from "./fields.js";

const DIGITS = /^\d{1,19}$/;

/**
 * An id from the path.
 *
 * @throws Refusal ModelArts.0101 when it is no Long
 */
export function pathId(text: string, name: string): bigint {
  const id = DIGITS.test(text) ? BigInt(text) : undefined;
  if (id === undefined || id > LONG_MAX) throw invalidArgument(`${name} must be an integer of 64 bits.`);
  return id;
}

/** An integer of the query, or its default when it is left out or empty. */
export function queryInteger(
  query: URLSearchParams,
  name: string,
  range: { min: bigint; max: bigint; default: bigint },
): bigint {
  const text = query.get(name);
  if (text === null || text === "") return range.default;
  if (!DIGITS.test(text)) throw invalidArgument(`${name} must be an integer.`);
  const value = BigInt(text);
  if (value < range.min || value > range.max) {
    throw invalidValue(`${name} must be from ${range.min} to ${range.max}.`);
  }
  return value;
}

/** One of some words, or the first of them when it is left out or empty. */
export function queryChoice<T extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly [T, ...T[]],
): T {
  const text = query.get(name);
  if (text === null || text === "") return choices[0];
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw invalidValue(`${name} must be one of ${choices.join(", ")}.`);
  return choice;
}

/** `search_content`: 0 to 64 characters. */
export function querySearch(query: URLSearchParams): string {
  const text = query.get("search_content") ?? "";
  if (lengthOf(text) > 64) throw invalidValue("search_content must have at most 64 characters.");
  return text;
}

/** The page `page` (from 1) of `items`. */
export function pageOf<T>(items: readonly T[], page: bigint, perPage: bigint): T[] {
  const start = Number((page - 1n) * perPage);
  return items.slice(start, start + Number(perPage));
}

/** Compares two values of a column as a list is sorted by it. */
export function compareValues(a: string | number | bigint, b: string | number | bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
