import { isGiven, type RuleCheck, ruleDecorator } from "./rule.js";
import { isBlank, isWithin } from "./text.js";

const MAX_CODE_POINTS = 1024;
/** Segments after `/`, none of them empty, `.` or `..`, without control characters; perhaps a `/` at the end. */
const SEGMENTS = /^(?:\/(?!\.{1,2}(?:\/|$))[^/\p{Cc}]+)+\/?$/u;

/** True for a text that rule `obs-path` accepts. */
export function isObsPath(value: unknown): value is string {
  return typeof value === "string" && isWithin(MAX_CODE_POINTS, value) && SEGMENTS.test(value);
}

/**
 * Rule `obs-path`: starts with `/`, at least one segment, none of them empty, `.` or `..` (a trailing `/` is fine),
 * no control character, at most 1024 characters.
 */
export function obsPathCheck(blank: "reported" | "left-to-not-blank"): RuleCheck<object> {
  return {
    holds: (value) =>
      !isGiven(value) || isObsPath(value) || (blank === "left-to-not-blank" && isBlank(value)),
    message: () =>
      "Give a path like /bucket/directory/: it starts with /, has no empty, . or .. segment and no control " +
      `character, and at most ${MAX_CODE_POINTS} characters.`,
  };
}

/** @param blank whose a blank text is to report: this rule's, or that of a `not-blank` on the same field */
export function ObsPath(blank: "reported" | "left-to-not-blank" = "reported"): PropertyDecorator {
  return ruleDecorator("obs-path", obsPathCheck(blank));
}
