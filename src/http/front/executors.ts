import {
  BREAK,
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  visit,
} from "graphql";
import type { GatewayContext } from "../../context.js";
import { measureDocument } from "../limits/document-shape.js";

/** A result, or a promise of one where something had to be waited for. */
type Result = ExecutionResult | Promise<ExecutionResult>;

export type Variables = Record<string, unknown> | null | undefined;

/** Executes one operation of one valid document. */
export type Executor = (contextValue: GatewayContext, variables: Variables) => Result;

/** Compiling takes as long as some hundred executions save, and what is asked for only a few times would fill the memory with code. */
const COMPILED_FROM = 4;

/** Fragments spread out. Nothing else is done while code is made, about 0.1 ms for each field, and the code stays in memory. */
const MAX_COMPILED_FIELDS = 200;

/** Texts that graphql-jit takes for a notation of its own begin with this; it writes what follows into its code as it stands. */
const MARKER = "__";

/**
 * Whether code made for the document does what graphql-js does, as it does for most documents. graphql-jit goes other ways
 * with fields under different conditions; with variables that have a default, where null is given for one; with variables
 * inside of objects and lists, where they are not given; and with names that look like the paths to others by their underscores.
 * Introspection is seldom asked for.
 */
function isCompilable(document: DocumentNode): boolean {
  let isPlain = measureDocument(document).fields <= MAX_COMPILED_FIELDS;
  const refuse = () => {
    isPlain = false;
    return BREAK;
  };
  visit(document, {
    Directive: refuse,
    Field: ({ name, alias }) =>
      name.value === "__schema" || name.value === "__type" || alias?.value.includes("_")
        ? refuse()
        : undefined,
    StringValue: ({ value }) => (value.includes(MARKER) ? refuse() : undefined),
    VariableDefinition: ({ defaultValue }) => (defaultValue ? refuse() : undefined),
    ObjectField: ({ value }) => (value.kind === Kind.VARIABLE ? refuse() : undefined),
    ListValue: ({ values }) => (values.some(({ kind }) => kind === Kind.VARIABLE) ? refuse() : undefined),
  });
  return isPlain;
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

/** Loaded when the first operation has come often enough: it costs start-up time and memory. */
async function compile(schema: GraphQLSchema, document: DocumentNode, name: string | null) {
  const { compileQuery, isCompiledQuery } = await import("graphql-jit");
  const compiled = compileQuery(schema, document, name ?? undefined, { disablingCapturingStackErrors: true });
  return isCompiledQuery(compiled) ? compiled : undefined;
}

/** Executes with graphql-js at first, and with code made for the operation when that has come often. */
export function createExecutor(schema: GraphQLSchema, document: DocumentNode, name: string | null): Executor {
  let uses = 0;
  let compiled: Awaited<ReturnType<typeof compile>>;

  function interpret(contextValue: GatewayContext, variables: Variables): Result {
    return execute({ schema, document, operationName: name, variableValues: variables, contextValue });
  }

  async function prepare(): Promise<void> {
    if (isCompilable(document)) compiled = await compile(schema, document, name);
  }

  return (contextValue, variables) => {
    uses += 1;
    // Where compiling fails, graphql-js goes on executing it.
    if (uses === COMPILED_FROM) prepare().catch(() => {});
    if (compiled === undefined || hasRoundedNumber(variables)) return interpret(contextValue, variables);
    const result: Result = compiled.query(undefined, contextValue, variables);
    if (result instanceof Promise) return result.then(withWholeErrors);
    // Variables that do not fit are found before anything is executed, and graphql-js tells of them better.
    return "data" in result ? withWholeErrors(result) : interpret(contextValue, variables);
  };
}
