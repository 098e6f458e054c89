import { isGiven, ruleDecorator } from "./rule.js";

interface CodeLocation {
  appUrl?: unknown;
  bootFileUrl?: unknown;
  modelId?: unknown;
}

/** Rule `code-required`, on appUrl: appUrl and bootFileUrl are given unless modelId is. One alone is `app-with-boot-file`'s. */
export function CodeRequired(): PropertyDecorator {
  return ruleDecorator<CodeLocation>("code-required", {
    holds: (_value, { appUrl, bootFileUrl, modelId }) => [appUrl, bootFileUrl, modelId].some(isGiven),
    message: () => "Give appUrl and bootFileUrl, or modelId for a built-in model.",
  });
}
