import type { Violation } from "../errors.js";

/** Every argument and input field in the schema's order; a name that occurs at several levels fits at each of them. */
const ORDER = `
  filter status searchContent workspaceId sortBy order page perPage
  input jobId versionId after jobDesc
  config workerServerNum appUrl bootFileUrl parameter label value
  type dataUrl datasetId datasetVersion datasetVersionId dataSource
  specId poolId jobType engineId projectType modelId trainUrl logUrl preVersionId userImageUrl userCommand
  idempotencyKey`
  .trim()
  .split(/\s+/);

const RANK = new Map(ORDER.map((name, index) => [name, index]));

/** Indexes of lists rank by their number; no list holds named fields beside them. */
function rank(segment: string): number {
  return RANK.get(segment) ?? Number(segment);
}

function byPath(a: Violation, b: Violation): number {
  for (let depth = 0; depth < Math.min(a.path.length, b.path.length); depth++) {
    const difference = rank(a.path[depth] ?? "") - rank(b.path[depth] ?? "");
    if (difference !== 0) return difference;
  }
  return a.path.length - b.path.length;
}

/** The same violations as a reader of the arguments meets them: outer fields before inner, each level in the schema's order. */
export function inDocumentOrder(violations: readonly Violation[]): Violation[] {
  return violations.toSorted(byPath);
}
