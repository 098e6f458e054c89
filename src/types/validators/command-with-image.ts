import { isGiven, ruleDecorator } from "./rule.js";
import { isBlank } from "./text.js";

interface Container {
  userImageUrl?: unknown;
}

/** Rule `command-with-image`, on userCommand: given only together with userImageUrl. */
export function CommandWithImage(): PropertyDecorator {
  return ruleDecorator<Container>("command-with-image", {
    holds: (command, { userImageUrl }) => !isGiven(command) || isBlank(command) || isGiven(userImageUrl),
    message: () => "Give userImageUrl too, or leave userCommand out: it is the command of the custom image.",
  });
}
