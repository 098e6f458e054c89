import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema, Kind, visit } from "graphql";
import type { GatewayContext } from "../../context.js";

/** A result, or a promise of one where something had to be waited for. */
type Result = ExecutionResult | Promise<ExecutionResult>;

export type Variables = Record<string, unknown> | null | undefined;

/** Executes one operation of one valid document. */
export type Executor = (contextValue: GatewayContext, variables: Variables) => Result;

/** Compiling takes as long as some hundred executions save, and what is asked for only a few times would fill the memory with code. */
const COMPILED_FROM = 4;

/** graphql-jit merges fields under different conditions otherwise than the specification says, and introspection is seldom asked for. */
function isCompilable(document: DocumentNode): boolean {
  let isPlain = true;
  visit(document, {
    Directive() {
      isPlain = false;
    },
    [Kind.FIELD](field) {
      if (field.name.value === "__schema" || field.name.value === "__type") isPlain = false;
    },
  });
  return isPlain;
}

/** Loaded when the first operation has come often enough: it costs start-up time and memory. */
async function compile(schema: GraphQLSchema, document: DocumentNode, name: string | null) {
  const { compileQuery, isCompiledQuery } = await import("graphql-jit");
  const compiled = compileQuery(schema, document, name ?? undefined, { disablingCapturingStackErrors: true });
  return isCompiledQuery(compiled) ? compiled : undefined;
}

/** Variables that do not fit are found before anything is executed, and graphql-js tells of them better. */
function hasRefusedVariables(result: Result): boolean {
  return !(result instanceof Promise) && !("data" in result);
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
    if (compiled === undefined) return interpret(contextValue, variables);
    const result: Result = compiled.query(undefined, contextValue, variables);
    return hasRefusedVariables(result) ? interpret(contextValue, variables) : result;
  };
}
