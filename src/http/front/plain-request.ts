/** A GraphQL request in its plainest form: what almost every client sends. */
export interface PlainRequest {
  query: string;
  operationName: string | null | undefined;
  variables: Record<string, unknown> | null | undefined;
}

/** Names that could change what an object is (CWE-1321), however they are written. */
const MAY_POISON = /__proto__|constructor|\\u/;

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The request in a body; undefined where it is anything else, which is for others to answer or to refuse. */
export function readPlainRequest(body: Buffer): PlainRequest | undefined {
  const text = body.toString("utf8");
  if (MAY_POISON.test(text)) return undefined;
  const given = parsed(text);
  if (!isObject(given)) return undefined;
  const { query, operationName, variables, extensions } = given;
  if (typeof query !== "string" || !isAbsent(extensions)) return undefined;
  if (!isAbsent(operationName) && (typeof operationName !== "string" || operationName === ""))
    return undefined;
  if (!isAbsent(variables) && !isObject(variables)) return undefined;
  return { query, operationName, variables };
}
