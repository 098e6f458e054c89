import { GatewayError } from "../../errors.js";

/** The limits of a document and an operation, by the names that `extensions.limit.name` carries. */
export type LimitName =
  | "tokens"
  | "depth"
  | "cost"
  | "fields"
  | "aliases"
  | "directives"
  | "introspectionDepth"
  | "introspectionFields";

const WHAT: Record<LimitName, string> = {
  tokens: "The document has too many tokens",
  depth: "The operation nests selection sets too deeply",
  cost: "The operation costs too much",
  fields: "The operation selects too many fields, its fragments spread out",
  aliases: "The document has too many aliases",
  directives: "The document has too many directives",
  introspectionDepth: "The introspection nests selection sets too deeply",
  introspectionFields: "The introspection selects too many fields, its fragments spread out",
};

/** A LIMIT_EXCEEDED error that names the limit, what it is and what was asked for. */
export function limitError(name: LimitName, maximum: number, actual: number): GatewayError {
  return new GatewayError("LIMIT_EXCEEDED", `${WHAT[name]}: ${actual}, where ${maximum} is the limit.`, {
    limit: { name, maximum, actual },
  });
}
