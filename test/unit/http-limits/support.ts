import { readFileSync } from "node:fs";
import { buildSchema, getOperationAST, validate } from "graphql";
import { GatewayError } from "../../../src/errors.js";
import { createQueryLimits, type QueryLimits } from "../../../src/http/limits/index.js";

/** The public schema, without resolvers. */
export const schema = buildSchema(
  readFileSync(new URL("../../contract/public-schema.graphql", import.meta.url), "utf8"),
);

export const defaultLimits = () => createQueryLimits({ maxDepth: 12, maxCost: 10_000 });

/** What refuses the operation, on the whole way that a transport takes it; undefined when it is let through. */
export function refusal(
  source: string,
  options: { variables?: Record<string, unknown>; operationName?: string; limits?: QueryLimits } = {},
): GatewayError | undefined {
  const { variables, operationName, limits = defaultLimits() } = options;
  try {
    const document = limits.parse(source);
    limits.checkDocument(document);
    const [invalid] = validate(schema, document);
    if (invalid) throw invalid;
    const operation = getOperationAST(document, operationName);
    if (!operation) throw new Error("the test names no operation");
    limits.check({ schema, document, operation, variables });
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

/** The limit that refuses the operation. */
export function limitOf(source: string, options?: Parameters<typeof refusal>[1]) {
  return refusal(source, options)?.details.limit;
}

/** An operation's cost, read from the refusal by a limit that everything is beyond. */
export function costOf(source: string, variables?: Record<string, unknown>, operationName?: string): number {
  const limits = createQueryLimits({ maxDepth: 1_000, maxCost: 0 });
  const options = { limits, ...(variables && { variables }), ...(operationName && { operationName }) };
  return limitOf(source, options)?.actual ?? 0;
}

/** An operation's depth, likewise. */
export function depthOf(source: string): number {
  return limitOf(source, { limits: createQueryLimits({ maxDepth: 0, maxCost: 1e9 }) })?.actual ?? 0;
}

/** `count` selections, each made from its number. */
export function many(count: number, selection: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => selection(index)).join(" ");
}

/** Every field of a version that has no selection of its own. */
export const VERSION_FIELDS =
  "jobId jobName jobDesc versionId versionName preVersionId status statusCode terminal createTime startTime duration " +
  "engineType engineId engineName engineVersion modelId appUrl bootFileUrl dataUrl datasetId datasetName " +
  "datasetVersionId datasetVersionName trainUrl logUrl userImageUrl userCommand workerServerNum specId core cpu " +
  "gpuNum gpuType poolId poolName resourceId volumes modelMetricList systemMetricList parameter { label value } " +
  "dataSource { type dataUrl datasetId datasetVersion }";
