import {
  type ASTNode,
  BREAK,
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type ValueNode,
  visit,
} from "graphql";
import type { CompiledQuery } from "graphql-jit";
import { LRUCache } from "lru-cache";
import type { GatewayContext } from "../../context.js";
import { measureDocument } from "../limits/document-shape.js";

/** A result, or a promise of one where something had to be waited for. */
type Result = ExecutionResult | Promise<ExecutionResult>;

/** As a request gives them. */
export type Variables = Record<string, unknown> | null | undefined;

/** Executes one operation of one valid document. */
export type Executor = (contextValue: GatewayContext, variables: Variables) => Result;

/** Compiling takes as long as some hundred executions save, and what is asked for only a few times would fill the memory with code. */
const COMPILED_FROM = 4;

/** An operation whose code had to go must come so many times as often until it is compiled again. */
const PATIENCE = 4;

/** Fragments spread out. Nothing else is done while code is made, about 0.1 ms for each field, and the code stays in memory. */
const MAX_COMPILED_FIELDS = 200;

/** Operations whose code is kept: some 300 KB each at worst. */
const MAX_COMPILED = 200;

/** Values that a document may hold where code is made for it. Texts are none: the caller's own must not come into code. */
const CODED_VALUES: ReadonlySet<string> = new Set([
  Kind.VARIABLE,
  Kind.INT,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
]);
/** What graphql-jit puts between the names of a path, and in front of its own. */
const SEPARATOR = "_";
const MARKER = "__";

function isCodedNode(node: ASTNode): boolean {
  switch (node.kind) {
    case Kind.DIRECTIVE:
      return false;
    case Kind.NAME:
      return !node.value.includes(MARKER) || node.value === "__typename";
    case Kind.FIELD:
      return !node.alias?.value.includes(SEPARATOR);
    case Kind.VARIABLE_DEFINITION:
      return node.defaultValue === undefined;
    default:
      return !node.kind.endsWith("Value") || CODED_VALUES.has(node.kind);
  }
}

/**
 * Whether code made for the document does what graphql-js does, and nothing else. graphql-jit goes other ways with fields
 * under different conditions; with variables that have a default, where null is given for one; with aliases that look like
 * the paths to others; and with texts that look like its own notation, which it takes for code. Introspection is seldom
 * asked for.
 */
function isCompilable(document: DocumentNode): boolean {
  let isCoded = measureDocument(document).fields <= MAX_COMPILED_FIELDS;
  visit(document, {
    enter(node) {
      if (isCodedNode(node)) return undefined;
      isCoded = false;
      return BREAK;
    },
  });
  return isCoded;
}

/** The variables inside of objects and lists: where one is not given, graphql-jit takes it for null. */
function nestedVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  const note = (value: ValueNode) => value.kind === Kind.VARIABLE && names.add(value.name.value);
  visit(document, {
    ObjectField: ({ value }) => void note(value),
    ListValue: ({ values }) => values.forEach(note),
  });
  return [...names];
}

/** Numbers that JSON.parse has rounded are no ids, which graphql-jit does not know. However deep they lie: it keeps its own stack. */
function hasRoundedNumber(variables: Variables): boolean {
  const left: unknown[] = [variables];
  for (const value of left) {
    if (typeof value === "number" && !Number.isSafeInteger(value)) return true;
    if (typeof value === "object" && value !== null) left.push(...Object.values(value));
  }
  return false;
}

/** Errors that graphql-jit finds itself lack what every error of graphql-js has. */
function asGraphqlError(error: GraphQLError): GraphQLError {
  return error.extensions ? error : Object.create(error, { extensions: { value: {} } });
}

function withWholeErrors(result: ExecutionResult): ExecutionResult {
  return result.errors ? { ...result, errors: result.errors.map(asGraphqlError) } : result;
}

/** What was made for an operation. */
interface Code {
  query: CompiledQuery["query"];
  /** Variables without which it is not to be used. */
  needed: readonly string[];
}

/** Loaded when the first operation has come often enough: it costs start-up time and memory. */
async function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  name: string | null,
): Promise<Code | undefined> {
  const { compileQuery, isCompiledQuery } = await import("graphql-jit");
  const compiled = compileQuery(schema, document, name ?? undefined, { disablingCapturingStackErrors: true });
  return isCompiledQuery(compiled) ? { query: compiled.query, needed: nestedVariables(document) } : undefined;
}

function takes({ needed }: Code, variables: Variables): boolean {
  return needed.every((name) => Object.hasOwn(variables ?? {}, name)) && !hasRoundedNumber(variables);
}

/**
 * Makes executors, which execute with graphql-js at first, and with code made for the operation when that has come often.
 *
 * @param maxCompiled operations whose code is kept at a time; of those, the ones that came longest ago go first
 */
export function createExecutors(schema: GraphQLSchema, maxCompiled = MAX_COMPILED) {
  const code = new LRUCache<Executor, Code>({ max: maxCompiled });

  return (document: DocumentNode, name: string | null): Executor => {
    let uses = 0;
    let compiledFrom = COMPILED_FROM;

    function interpret(contextValue: GatewayContext, variables: Variables): Result {
      return execute({ schema, document, operationName: name, variableValues: variables, contextValue });
    }

    async function prepare(): Promise<void> {
      const compiled = isCompilable(document) ? await compile(schema, document, name) : undefined;
      if (compiled !== undefined) code.set(executor, compiled);
    }

    function countUse(): void {
      uses += 1;
      if (uses !== compiledFrom) return;
      uses = 0;
      compiledFrom *= PATIENCE;
      // Where compiling fails, graphql-js goes on executing it.
      prepare().catch(() => {});
    }

    const executor: Executor = (contextValue, variables) => {
      const compiled = code.get(executor);
      if (compiled === undefined) countUse();
      if (compiled === undefined || !takes(compiled, variables)) return interpret(contextValue, variables);
      const result: Result = compiled.query(undefined, contextValue, variables);
      if (result instanceof Promise) return result.then(withWholeErrors);
      // Variables that do not fit are found before anything is executed, and graphql-js tells of them better.
      return "data" in result ? withWholeErrors(result) : interpret(contextValue, variables);
    };
    return executor;
  };
}
