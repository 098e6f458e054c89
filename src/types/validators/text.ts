/** True for a text that is empty or only white space. */
export function isBlank(value: unknown): boolean {
  return typeof value === "string" && value.trim() === "";
}

/** Length in Unicode code points: what the rules call characters. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** True for a text of at most so many code points. */
export function isWithin(max: number, text: string): boolean {
  // No text has more code points than UTF-16 units.
  return text.length <= max || codePoints(text) <= max;
}
