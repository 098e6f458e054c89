import { ruleDecorator } from "./rule.js";
import { codePoints, isWithin } from "./text.js";

/** A text of at most `max` Unicode code points. class-validator's MaxLength counts neither those nor UTF-16 units. */
export function MaxCodePoints(rule: string, max: number): PropertyDecorator {
  return ruleDecorator(rule, {
    holds: (value) => typeof value !== "string" || isWithin(max, value),
    message: (value) => `Give at most ${max} characters; these are ${codePoints(String(value))}.`,
  });
}
