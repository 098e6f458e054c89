import { isGiven, ruleDecorator } from "./rule.js";
import { isBlank } from "./text.js";

type Half = "datasetId" | "datasetVersionId";

/** Rule `dataset-id-with-version`, on both: datasetId and datasetVersionId are both given or both left out. */
export function DatasetIdWithVersion(other: Half): PropertyDecorator {
  return ruleDecorator<Partial<Record<Half, unknown>>>("dataset-id-with-version", {
    holds: (value, owner) => isGiven(value) || !isGiven(owner[other]) || isBlank(owner[other]),
    message: (_value, _owner, field) => `Give ${field} together with ${other}, or leave out both.`,
  });
}
