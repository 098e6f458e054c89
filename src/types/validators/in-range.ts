import { Max, Min } from "class-validator";
import { asRule } from "./rule.js";

/** A number from 1 to `max`, reported under a rule's name. */
export function InRange(rule: string, max: number): PropertyDecorator {
  const options = asRule(rule, `Give a number from 1 to ${max}.`);
  return (target, property) => {
    Min(1, options)(target, property);
    Max(max, options)(target, property);
  };
}
