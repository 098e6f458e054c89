import { type EpochMillis, isLongId, LONG_MAX, type LongDigits, type LongId } from "../../domain/index.js";
import { asObject, type JsonObject, parseJson } from "../json.js";

/*
 * Readers of single values. The vendor's own samples show numbers as strings and strings as numbers, and fields that
 * have no value are left out, null or "". Whatever cannot be read as what it should be is null: one bad optional field
 * never spoils an answer.
 */

const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);
const DATE_MAX_MS = 8.64e15;
const DIGITS = /^-?\d{1,19}$/;
const DECIMAL = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A text as it is, "" included; a number or boolean in its usual notation. */
export function textAsIs(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** An optional text: "" counts as left out. */
export function text(value: unknown): string | null {
  return textAsIs(value) || null;
}

function decimal(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  const trimmed = value.trim();
  return DECIMAL.test(trimmed) ? Number(trimmed) : null;
}

/** Zero without a sign; any other number as it is. */
function withoutSign(number: number): number {
  return number + 0;
}

/** A 32-bit integer. */
export function int(value: unknown): number | null {
  const number = decimal(value);
  return number !== null && Number.isInteger(number) && number >= INT_MIN && number <= INT_MAX
    ? withoutSign(number)
    : null;
}

/** A signed 64-bit integer as digits. */
export function longDigits(value: unknown): LongDigits | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : null;
  if (isLongId(value)) return value;
  if (typeof value !== "string" || !DIGITS.test(value.trim())) return null;
  const integer = BigInt(value.trim());
  return integer >= -LONG_MAX - 1n && integer <= LONG_MAX ? integer.toString() : null;
}

/** An id from `min` on. */
export function longId(value: unknown, min = 0n): LongId | null {
  // Nearly every id is a number that is exact, and needs no look at its digits.
  if (typeof value === "number" && value > 0 && min <= 1n && Number.isSafeInteger(value))
    return String(value) as LongId;
  const digits = longDigits(value);
  return isLongId(digits, min) ? digits : null;
}

/** An instant; null outside of what a Date can hold. */
export function epochMillis(value: unknown): EpochMillis | null {
  const millis = decimal(value);
  return millis !== null && Math.abs(millis) <= DATE_MAX_MS ? withoutSign(Math.trunc(millis)) : null;
}

/** A truth value, also where it comes as a text or as 0 and 1. */
export function bool(value: unknown): boolean | null {
  switch (typeof value === "string" ? value.trim().toLowerCase() : value) {
    case true:
    case "true":
    case 1:
    case "1":
      return true;
    case false:
    case "false":
    case 0:
    case "0":
      return false;
    default:
      return null;
  }
}

/** Far deeper than any metric, and shallow enough for every function that follows it recursively. */
const MAX_NESTING = 100;

/** True when lists and objects are nested no deeper than that. */
function isNestedWithin(depth: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  const within = value as JsonObject;
  for (const key in within) if (depth === 0 || !isNestedWithin(depth - 1, within[key])) return false;
  return true;
}

function parsed(source: string): unknown {
  try {
    return parseJson(source);
  } catch {
    return null;
  }
}

/** Any JSON, also where it comes as a string that holds JSON; null for a string that holds none, and for nesting beyond all measure. */
export function json(value: unknown): unknown {
  const found = typeof value === "string" ? parsed(value) : (value ?? null);
  return isNestedWithin(MAX_NESTING, found) ? found : null;
}

/** The items of a list, also where it comes as a string that holds JSON; empty when there is none. */
export function items(value: unknown): unknown[] {
  const list = json(value);
  return Array.isArray(list) ? list : [];
}

/** The items of a list that are objects, each read by `read`; also where the list comes as a string that holds JSON. */
export function objects<T>(value: unknown, read: (item: JsonObject) => T): T[] {
  const list = typeof value === "string" ? json(value) : value;
  const found: T[] = [];
  if (!Array.isArray(list)) return found;
  for (const item of list) {
    const object = asObject(item);
    if (object !== undefined) found.push(read(object));
  }
  return found;
}
