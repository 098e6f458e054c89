/** A 64-bit id as decimal digits. The upstream's type is `Long`; a JavaScript number would lose digits beyond 2^53. */
export type LongId = string & { readonly __brand: "LongId" };

/** The greatest signed 64-bit integer: 9223372036854775807. */
export const LONG_MAX = 2n ** 63n - 1n;

const DECIMAL_DIGITS = /^(?:0|[1-9]\d{0,18})$/;
const LONG_MAX_DIGITS = String(LONG_MAX);

/** True for decimal digits without leading zeros, from `min` (0 unless told) to {@link LONG_MAX}. */
export function isLongId(text: unknown, min = 0n): text is LongId {
  if (typeof text !== "string" || !DECIMAL_DIGITS.test(text)) return false;
  if (text.length === LONG_MAX_DIGITS.length && text > LONG_MAX_DIGITS) return false;
  return min <= (text === "0" ? 0n : 1n) || BigInt(text) >= min;
}

/** Orders ids by their value: negative when `a` is smaller. */
export function compareLongIds(a: LongId, b: LongId): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
