import { isGiven, ruleDecorator } from "./rule.js";
import { isBlank } from "./text.js";

interface Placement {
  specId?: unknown;
  poolId?: unknown;
}

/** Rule `spec-or-pool`, on specId: exactly one of specId and poolId. A blank poolId is `not-blank`'s alone. */
export function SpecOrPool(): PropertyDecorator {
  return ruleDecorator<Placement>("spec-or-pool", {
    holds: (_value, { specId, poolId }) => isBlank(poolId) || isGiven(specId) !== isGiven(poolId),
    message: (specId) =>
      isGiven(specId)
        ? "Give specId or poolId, not both."
        : "Give specId (a resource specification) or poolId (a dedicated pool).",
  });
}
