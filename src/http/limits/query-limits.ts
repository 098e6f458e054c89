import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
  visit,
} from "graphql";
import type { GatewayError } from "../../errors.js";
import { type DocumentShape, measureDocument } from "./document-shape.js";
import { limitError } from "./limit-error.js";
import { costInTenths } from "./operation-cost.js";
import { explainParseFailure, MAX_TOKENS, parseWithinLimits } from "./parse.js";

/** What is not configurable: far above what frontends send, far below what would hurt. */
export const FIXED_LIMITS = {
  tokens: MAX_TOKENS,
  fields: 10_000,
  aliases: 500,
  directives: 100,
  introspectionDepth: 20,
  introspectionFields: 1_000,
} as const;

/** Costs kept for each operation, by the values of the variables that they depend on. */
const COSTS_KEPT = 200;

/** An operation that has been found valid. */
export interface ValidOperation {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** As they came; those that matter are coerced here. */
  variables: Readonly<Record<string, unknown>> | undefined;
}

/** The limits of documents and operations. Every refusal is a GatewayError LIMIT_EXCEEDED with the limit and the value. */
export interface QueryLimits {
  /** For a parser that is not {@link parse}. */
  readonly maxTokens: number;
  /** Parses within the limits. Throws LIMIT_EXCEEDED, or the parser's own GraphQLError for malformed documents. */
  parse(source: string): DocumentNode;
  /** The limit that a document which could not be parsed was beyond; undefined when it was merely malformed. */
  explainParseFailure(source: string, error: unknown): GatewayError | undefined;
  /** Throws for what depends on neither schema nor variables. To be called before validation, whose work it bounds. */
  checkDocument(document: DocumentNode): void;
  /** Throws for everything, the cost included. To be called after validation and before execution. */
  check(operation: ValidOperation): void;
}

/** What is known of a document once it has been looked at. */
interface KnownDocument {
  error: GatewayError | undefined;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Names of the variables that costs depend on. */
  variables: ReadonlySet<string>;
  operations: Map<OperationDefinitionNode, KnownOperation>;
}

interface KnownOperation {
  /** The definitions of the variables that its cost depends on. */
  counted: readonly VariableDefinitionNode[];
  /** In tenths, by the values of these variables. */
  costs: Map<string, number>;
}

function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
}

const COUNTED_ARGUMENTS: ReadonlySet<string> = new Set(["perPage", "if"]);

/** The variables in page sizes and in the conditions of `@skip` and `@include`. */
function variablesThatCount(document: DocumentNode): Set<string> {
  const names = new Set<string>();
  visit(document, {
    Argument({ name, value }) {
      if (value.kind === Kind.VARIABLE && COUNTED_ARGUMENTS.has(name.value)) names.add(value.name.value);
    },
  });
  return names;
}

function knownOperation({ operations, variables }: KnownDocument, operation: OperationDefinitionNode) {
  let known = operations.get(operation);
  if (known === undefined) {
    const definitions = operation.variableDefinitions ?? [];
    const counted = definitions.filter(({ variable }) => variables.has(variable.name.value));
    known = { counted, costs: new Map() };
    operations.set(operation, known);
  }
  return known;
}

/** The cost; undefined when its variables cannot be coerced: that is the executor's to refuse, before it calls anything. */
function costOf(
  document: KnownDocument,
  { schema, operation, variables }: ValidOperation,
): number | undefined {
  const { counted, costs } = knownOperation(document, operation);
  let values: Record<string, unknown> = {};
  if (counted.length > 0) {
    const { coerced } = getVariableValues(schema, counted, variables ?? {});
    if (coerced === undefined) return undefined;
    values = coerced;
  }
  const key = counted.length > 0 ? JSON.stringify(values) : "";
  let tenths = costs.get(key);
  if (tenths === undefined) {
    tenths = costInTenths({ schema, operation, fragments: document.fragments, variables: values });
    if (costs.size >= COSTS_KEPT) costs.clear();
    costs.set(key, tenths);
  }
  return tenths / 10;
}

/**
 * Limits for every transport of one schema. What does not depend on variables is worked out once for each document
 * object, and costs once for each set of values, so that transports should keep parsed documents.
 *
 * @param options.maxDepth selection sets nested; the root's is 1
 * @param options.maxCost 0.1 a plain field, 50 an upstream call, times the page sizes above
 */
export function createQueryLimits(options: { maxDepth: number; maxCost: number }): QueryLimits {
  const { maxDepth, maxCost } = options;
  const maxima: Record<keyof DocumentShape, number> = { depth: maxDepth, ...FIXED_LIMITS };
  const documents = new WeakMap<DocumentNode, KnownDocument>();

  function firstExceeded(shape: DocumentShape): GatewayError | undefined {
    const name = (Object.keys(shape) as (keyof DocumentShape)[]).find((key) => shape[key] > maxima[key]);
    return name && limitError(name, maxima[name], shape[name]);
  }

  function lookAt(document: DocumentNode): KnownDocument {
    let known = documents.get(document);
    if (known === undefined) {
      known = {
        error: firstExceeded(measureDocument(document)),
        fragments: fragmentsOf(document),
        variables: variablesThatCount(document),
        operations: new Map(),
      };
      documents.set(document, known);
    }
    if (known.error) throw known.error;
    return known;
  }

  return {
    maxTokens: MAX_TOKENS,
    parse: (source) => parseWithinLimits(source, maxDepth),
    explainParseFailure: (source, error) => explainParseFailure(source, error, maxDepth),
    checkDocument: (document) => void lookAt(document),
    check(valid) {
      const cost = costOf(lookAt(valid.document), valid);
      if (cost !== undefined && cost > maxCost) throw limitError("cost", maxCost, cost);
    },
  };
}
