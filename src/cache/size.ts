/** Characters that a number, a truth value or null takes in JSON, about. */
const SCALAR = 6;
/** Quotes and a comma or colon. */
const AROUND_TEXT = 3;

/** About as many characters as the answer has as JSON, without writing it. */
export function charactersOf(value: unknown): number {
  if (typeof value === "string") return value.length + AROUND_TEXT;
  if (typeof value !== "object" || value === null) return SCALAR;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + charactersOf(item), 2);
  const fields = value as Record<string, unknown>;
  let sum = 2;
  for (const key in fields) sum += key.length + AROUND_TEXT + charactersOf(fields[key]);
  return sum;
}
