/** Characters that a number, a truth value or null takes in JSON, about. */
const SCALAR = 6;
/** Quotes and a comma or colon. */
const AROUND_TEXT = 3;
/** Around a list or an object. */
const BRACKETS = 2;

/** About as many characters as the answer has as JSON, without writing it. */
export function charactersOf(value: unknown): number {
  if (typeof value === "string") return value.length + AROUND_TEXT;
  return typeof value === "object" && value !== null ? charactersWithin(value) : SCALAR;
}

function charactersWithin(value: object): number {
  let sum = BRACKETS;
  if (Array.isArray(value)) {
    for (const item of value) sum += charactersOf(item);
    return sum;
  }
  const fields = value as Record<string, unknown>;
  for (const key in fields) sum += key.length + AROUND_TEXT + charactersOf(fields[key]);
  return sum;
}
