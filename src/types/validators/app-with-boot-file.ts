import { isGiven, ruleDecorator } from "./rule.js";

type Half = "appUrl" | "bootFileUrl";

/** Rule `app-with-boot-file`, on both: appUrl and bootFileUrl are both given or both left out. */
export function AppWithBootFile(other: Half): PropertyDecorator {
  return ruleDecorator<Partial<Record<Half, unknown>>>("app-with-boot-file", {
    holds: (value, owner) => isGiven(value) || !isGiven(owner[other]),
    message: (_value, _owner, field) => `Give ${field} together with ${other}, or leave out both.`,
  });
}
