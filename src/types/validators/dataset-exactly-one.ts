import { isGiven, ruleDecorator } from "./rule.js";
import { isBlank } from "./text.js";

interface DataSet {
  dataUrl?: unknown;
  datasetId?: unknown;
  datasetVersionId?: unknown;
  dataSource?: unknown;
}

type Choice = "dataUrl" | "datasetId" | "dataSource";

/** Where the rule is broken; undefined where it holds, or where a blank id leaves open what is meant. */
function brokenAt({ dataUrl, datasetId, datasetVersionId, dataSource }: DataSet): Choice | undefined {
  const halves = [datasetId, datasetVersionId].filter(isGiven);
  const pairIsOpen = halves.some(isBlank);
  const given: Choice[] = [];
  if (isGiven(dataUrl)) given.push("dataUrl");
  if (halves.length > 0 && !pairIsOpen) given.push("datasetId");
  if (isGiven(dataSource)) given.push("dataSource");
  if (given.length === 0) return pairIsOpen ? undefined : "dataUrl";
  return given[1];
}

/**
 * Rule `dataset-exactly-one`, on dataUrl, datasetId and dataSource: exactly one of dataUrl, datasetId with
 * datasetVersionId, and dataSource. Reported on dataUrl when none is given, else on the second one given; half of the
 * pair counts as the pair, an empty dataSource as given.
 */
export function DatasetExactlyOne(): PropertyDecorator {
  return ruleDecorator<DataSet>("dataset-exactly-one", {
    holds: (_value, owner, field) => brokenAt(owner) !== field,
    message: () => "Give exactly one of dataUrl, datasetId with datasetVersionId, and dataSource.",
  });
}
