import type { JsonObject } from "../json.js";
import { CLEAN, type Habits, type Style } from "../wire/habits.js";
import { ControlError } from "./control-error.js";

const WORDS: Partial<Record<keyof Style, readonly string[]>> = {
  absent: ["omit", "null", "empty"],
  metrics: ["object", "string"],
};

function isStyle(members: object): members is Partial<Style> {
  return Object.entries(members).every(([name, value]) => {
    const words = WORDS[name as keyof Style];
    if (words) return words.includes(value);
    return Object.hasOwn(CLEAN, name) && typeof value === "boolean";
  });
}

/**
 * Habits as they were sent to the control interface: `"clean"`, `"mixed"` or members of a style.
 *
 * @throws ControlError that says what would be right
 */
export function readHabits(body: JsonObject): Habits {
  const word = body.value;
  if (word === "clean" || word === "mixed") return word;
  if (word === undefined && isStyle(body)) return body;
  throw new ControlError(
    400,
    `habits must be "clean", "mixed", or an object with some of ${Object.keys(CLEAN).join(", ")}`,
  );
}
