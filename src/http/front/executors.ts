import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema } from "graphql";
import type { CompiledQuery } from "graphql-jit";
import { LRUCache } from "lru-cache";
import type { GatewayContext } from "../../context.js";
import { isCompilable, nestedVariables } from "./compilable.js";

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

/** Operations whose code is kept: some 300 KB each at worst. */
const MAX_COMPILED = 200;

/** Numbers that JSON.parse has rounded are no ids, which graphql-jit does not know. However deep they lie: it keeps its own stack. */
function hasRoundedNumber(variables: NonNullable<Variables>): boolean {
  const left: object[] = [variables];
  const isRounded = (value: unknown): boolean => {
    if (typeof value === "object" && value !== null) left.push(value);
    return typeof value === "number" && !Number.isSafeInteger(value);
  };
  for (const each of left) {
    if (Array.isArray(each)) {
      if (each.some(isRounded)) return true;
    } else {
      for (const name in each) if (isRounded(each[name as keyof typeof each])) return true;
    }
  }
  return false;
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
  const compiled = compileQuery(schema, document, name ?? undefined, {
    disablingCapturingStackErrors: true,
    // Values of built-in types are given as they are. What is read from ModelArts' answers has these types already
    // (test/unit/upstream/serialised.test.ts holds that), and so has what the gateway writes itself: violations, ids that it was given.
    disableLeafSerialization: true,
  });
  return isCompiledQuery(compiled) ? { query: compiled.query, needed: nestedVariables(document) } : undefined;
}

function takes({ needed }: Code, variables: Variables): boolean {
  const given = variables ?? {};
  return needed.every((name) => Object.hasOwn(given, name)) && !hasRoundedNumber(given);
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
      // Variables that do not fit are found before anything is executed, and graphql-js tells of them better.
      return result instanceof Promise || "data" in result ? result : interpret(contextValue, variables);
    };
    return executor;
  };
}
