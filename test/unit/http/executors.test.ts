import { setImmediate } from "node:timers/promises";
import {
  buildSchema,
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLInputObjectType,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isNonNullType,
  isObjectType,
  isScalarType,
  parse,
} from "graphql";
import { pino } from "pino";
import { beforeAll, describe, expect, it } from "vitest";
import type { GatewayContext } from "../../../src/context.js";
import { createExecutors } from "../../../src/http/front/executors.js";
import { createErrorPublisher } from "../../../src/http/public-error.js";
import { buildGatewaySchema } from "../../../src/schema.js";

describe("The gateway's schema, for which code may be made", () => {
  const gateway = buildGatewaySchema();
  const types = Object.values(gateway.getTypeMap()).filter(({ name }) => !name.startsWith("__"));
  const inputs = types.filter(isInputObjectType);
  const fields = types.filter(isObjectType).flatMap((type) => Object.values(type.getFields()));
  const taken = [
    ...inputs.flatMap((type) => Object.values(type.getFields())),
    ...fields.flatMap(({ args }) => args),
  ];

  /** What an input holds, and what that holds. */
  function inputsIn(type: GraphQLInputObjectType, found = new Set<GraphQLInputObjectType>()) {
    for (const { type: below } of Object.values(type.getFields())) {
      const named = getNamedType(below);
      if (!isInputObjectType(named) || found.has(named)) continue;
      found.add(named);
      inputsIn(named, found);
    }
    return found;
  }

  it("has no input that contains itself", () => {
    expect(inputs.length).toBeGreaterThan(0);
    expect(inputs.filter((type) => inputsIn(type).has(type))).toEqual([]);
  });

  it("has no input of which one field must be chosen", () => {
    expect(inputs.filter(({ isOneOf }) => isOneOf)).toEqual([]);
  });

  it("has no default for what must not be null", () => {
    expect(
      taken.filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue !== undefined),
    ).toEqual([]);
  });

  it("takes no scalars but those that graphql-jit reads by itself", () => {
    const named = new Set(taken.map(({ type }) => getNamedType(type)).filter((type) => "parseValue" in type));
    const names = [...named].filter((type) => !("getValues" in type)).map(({ name }) => name);
    expect(names.toSorted()).toEqual(
      ["Boolean", "ID", "Int", "String"].filter((name) => names.includes(name)),
    );
  });

  it("has no interfaces, no unions, and no name with an underscore", () => {
    expect(types.filter(isAbstractType)).toEqual([]);
    expect(fields.filter(({ name }) => name.includes("_"))).toEqual([]);
  });

  it("has no operation that one failure leaves without any data", () => {
    const roots = [gateway.getQueryType(), gateway.getMutationType()];
    const operations = roots.flatMap((type) => Object.values(type?.getFields() ?? {}));
    expect(operations.filter(({ type }) => isNonNullType(type))).toEqual([]);
  });
});

const schema = buildSchema(`
  type Query { node(id: ID, filter: Filter, ids: [ID]): Node  must: Node!  given(id: ID!): Node }
  type Node { id: ID!  name: String  child: Node  never: String!  wrong: Even }
  scalar Even
  input Filter { name: String }
`);
const MANY = Array.from({ length: 201 }, (_, n) => `f${n}: name`).join(" ");
/** What graphql-jit 0.8 writes into its code as it stands. */
const MARKED = "__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d(globalThis.ranInCode=1)";

interface Run {
  result: ExecutionResult;
  isCompiled: boolean;
}

/** Executes a document again and again. */
async function runs(
  document: DocumentNode,
  variables: Record<string, unknown>,
  executor = createExecutors(schema)(document, null),
): Promise<Run[]> {
  const done: Run[] = [];
  for (let n = 0; n < 12; n += 1) {
    const context = { stack: "" };
    const result = await executor(context as unknown as GatewayContext, variables);
    done.push({ result, isCompiled: context.stack.includes("graphql-jit") });
    await setImmediate();
  }
  return done;
}

const publish = createErrorPublisher({ log: pino({ level: "silent" }), hideSuggestions: false });

function published({ data, errors }: ExecutionResult) {
  return { data, errors: errors?.map((error) => publish(error)) };
}

beforeAll(async () => {
  const node = (id: unknown) => ({ id, name: `name of ${id}`, child: { id: "child" }, wrong: 7 });
  const resolve = (_root: unknown, args: Record<string, unknown>, context: { stack: string }) => {
    context.stack = new Error().stack ?? "";
    return node(JSON.stringify(args));
  };
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) field.resolve = resolve;
  const even = schema.getType("Even");
  if (!isScalarType(even)) throw new Error("there is no scalar Even");
  even.serialize = (value) => {
    throw new Error(`${value} is not even.`);
  };
  // Loaded beforehand, so that code is made while one request follows another.
  await import("graphql-jit");
});

/** What graphql-js says. */
async function expected(document: DocumentNode, variableValues: Record<string, unknown>) {
  return published(await execute({ schema, document, variableValues, contextValue: {} }));
}

describe("An operation that is executed again and again", () => {
  it("is executed by code made for it, but not from the first time on", async () => {
    const ways = (await runs(parse("query ($id: ID) { node(id: $id) { id } }"), { id: "1" })).map(
      ({ isCompiled }) => isCompiled,
    );
    expect(ways.slice(0, 4)).toEqual([false, false, false, false]);
    expect(ways.at(-1)).toBe(true);
  });

  it("loses its code when others have come more often since, and gets it again when it comes often", async () => {
    const executorOf = createExecutors(schema, 1);
    const [document, other] = [parse("{ node { id } }"), parse("{ node { name } }")];
    const executor = executorOf(document, null);
    const last = async () => (await runs(document, {}, executor)).map(({ isCompiled }) => isCompiled);
    expect((await last()).at(-1)).toBe(true);
    await runs(other, {}, executorOf(other, null));
    expect((await last()).at(-1)).toBe(false);
    expect((await last()).at(-1)).toBe(true);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["conditions", "query ($if: Boolean!) { node { id @skip(if: $if) name } }", { if: true }],
    [
      "the same field under different conditions",
      "query ($yes: Boolean!, $no: Boolean!) { node @include(if: $yes) { id } node @include(if: $no) { name } }",
      { yes: true, no: false },
    ],
    [
      "the same fragment under different conditions",
      "query ($no: Boolean!) { node { ...F @include(if: $no) child { ...F } } } fragment F on Node { id }",
      { no: false },
    ],
    ["introspection", '{ node { id } __schema { queryType { name } } __type(name: "Node") { name } }', {}],
    ["a text that graphql-jit would take for code", `{ node(id: "${MARKED}") { id } }`, {}],
    ["a text of any kind", '{ node(id: "1") { id } }', {}],
    ["a text inside of an object", '{ node(filter: { name: "1" }) { id } }', {}],
    [
      "a number with a fraction",
      "{ node(id: null) { id } must: node(ids: [null]) { id } given(id: 1.5) { id } }",
      {},
    ],
    [
      "a name that could be one of graphql-jit's",
      "query ($__context: ID) { node(id: $__context) { id } }",
      {},
    ],
    [
      "null for a variable with a default",
      'query ($id: ID = "1") { given(id: $id) { id } node { id } }',
      { id: null },
    ],
    [
      "a variable inside of an object that is not given",
      "query ($n: String) { node(filter: { name: $n }) { id } }",
      {},
    ],
    [
      "a variable named like a method that is not given",
      "query ($toString: String) { node(filter: { name: $toString }) { id } }",
      {},
    ],
    ["a variable inside of a list that is not given", "query ($id: ID) { node(ids: [$id]) { id } }", {}],
    ["aliases that look like paths", "{ child_a: node { id } a: node { child { id } } }", {}],
    ["more than 200 fields", `{ node { ...F child { id } } } fragment F on Node { ${MANY} }`, {}],
  ])("is left to graphql-js when it has %s", async (_what, query, variables) => {
    const document = parse(query);
    const alike = await expected(document, variables);
    for (const { result, isCompiled } of await runs(document, variables)) {
      expect(published(result)).toEqual(alike);
      expect(isCompiled).toBe(false);
    }
    expect(globalThis).not.toHaveProperty("ranInCode");
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["objects", "query ($n: String) { node(filter: { name: $n }) { id } }", { n: "x" }],
    ["lists", "query ($id: ID) { node(ids: [$id, null, $id]) { id } }", { id: "1" }],
    ["objects, as null", "query ($n: String) { node(filter: { name: $n }) { id } }", { n: null }],
    ["lists, as null", "query ($id: ID) { node(ids: [$id]) { id } }", { id: null }],
  ])("is compiled when all variables inside of %s are given", async (_what, query, variables) => {
    const document = parse(query);
    const alike = await expected(document, variables);
    const done = await runs(document, variables);
    for (const { result } of done) expect(published(result)).toEqual(alike);
    expect(done.at(-1)?.isCompiled).toBe(true);
  });

  it.each<[string, unknown]>([
    ["a value that does not fit", true],
    ["one that is nested deeply", JSON.parse(`${"[".repeat(8_000)}1${"]".repeat(8_000)}`)],
  ])("is left to graphql-js when its variables have %s", async (_what, id) => {
    const document = parse("query ($id: ID) { node(id: $id) { id } }");
    const alike = await expected(document, { id });
    for (const { result } of await runs(document, { id })) expect(published(result)).toEqual(alike);
  });

  it.each([
    ["a field that must not be null", "{ node { child { id never } } }"],
    ["a field that must not be null below one that must not", "{ must { id never } }"],
    ["a value that a scalar of its own does not take", "{ node { id wrong } }"],
    ["nothing", "{ a: node { id } must { name child { id } } }"],
  ])("fails alike, compiled or not, with %s", async (_what, query) => {
    const document = parse(query);
    const alike = await expected(document, {});
    const done = await runs(document, {});
    for (const { result } of done) expect(published(result)).toEqual(alike);
    expect(done.at(-1)?.isCompiled).toBe(true);
  });
});
