import { type RuleCheck, ruleDecorator } from "./rule.js";
import { isBlank } from "./text.js";

/** Rule `not-blank`: a text that is given is not empty or only white space. */
export const notBlankCheck: RuleCheck<object> = {
  holds: (value) => !isBlank(value),
  message: (_value, _owner, field) => `Give ${field} a text that is not only white space, or leave it out.`,
};

export function NotBlank(): PropertyDecorator {
  return ruleDecorator("not-blank", notBlankCheck);
}
