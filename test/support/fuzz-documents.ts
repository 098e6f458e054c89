import {
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  typeFromAST,
} from "graphql";
import { ODD_TEXTS, oddValue, type Random } from "./fuzz-random.js";

/** What is sent as a GraphQL request; `unknown` where a mutation made it something else. */
export interface FuzzedRequest {
  query: unknown;
  variables?: unknown;
  operationName?: unknown;
}

type OperationKind = "query" | "mutation" | "subscription";

interface Writer {
  random: Random;
  schema: GraphQLSchema;
  /** Declarations and values of the operation's variables. */
  declared: Map<string, string>;
  variables: Record<string, unknown>;
}

/** Ids that the simulator has, and some that nobody has. */
const IDS = [
  "10",
  "20",
  "19",
  "11",
  "13",
  "14",
  "301",
  "1",
  "0",
  "9223372036854775807",
  "987654321",
] as const;

function scalarValue(random: Random, name: string): unknown {
  if (random.chance(0.1)) return oddValue(random, 1);
  switch (name) {
    case "ID":
      // The number is one that JSON has rounded.
      return random.chance(0.05) ? 2 ** 53 : random.pick(IDS);
    case "Int":
      return random.pick([1, 2, 10, 0, -1, 65_535, 1_000, 1_001]);
    case "Boolean":
      return random.chance(0.5);
    default:
      return random.pick([...ODD_TEXTS, "/bucket/a/", "/bucket/a/boot.py", "swr/image:1", "key-1"]);
  }
}

/** A value as JSON: mostly one that the type takes. */
function inputValue(random: Random, type: GraphQLInputType, depth = 4): unknown {
  if (isNonNullType(type)) return inputValue(random, type.ofType, depth);
  if (random.chance(0.05)) return null;
  if (isListType(type))
    return Array.from({ length: random.int(3) }, () => inputValue(random, type.ofType, depth - 1));
  if (isEnumType(type)) return random.pick(type.getValues())?.name;
  if (!isInputObjectType(type)) return scalarValue(random, type.name);
  const fields = Object.values(type.getFields()).filter(
    (field) => random.chance(0.97) && (isNonNullType(field.type) || (depth > 0 && random.chance(0.4))),
  );
  return Object.fromEntries(fields.map((field) => [field.name, inputValue(random, field.type, depth - 1)]));
}

/** JSON in the notation of GraphQL documents. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => literal(item)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.entries(value)
      .map(([name, item]) => `${name}: ${literal(item)}`)
      .join(", ")} }`;
  }
  const isEnumName = typeof value === "string" && /^[A-Z_]+$/.test(value);
  return isEnumName ? value : (JSON.stringify(value) ?? "null");
}

function argument(writer: Writer, { name, type }: GraphQLArgument): string {
  const value = inputValue(writer.random, type);
  if (writer.random.chance(0.4)) return `${name}: ${literal(value)}`;
  const variable = `v${writer.declared.size}`;
  // A default lets a nullable variable stand where null is not allowed; giving null all the same is then an error.
  const isLoose = writer.random.chance(0.25) && isNonNullType(type);
  const declaredType = isLoose
    ? `${type.ofType} = ${literal(inputValue(writer.random, type))}`
    : String(type);
  writer.declared.set(variable, `$${variable}: ${declaredType}`);
  writer.variables[variable] = isLoose && writer.random.chance(0.5) ? null : value;
  return `${name}: $${variable}`;
}

function selections(writer: Writer, type: GraphQLObjectType, depth: number, most = 4): string {
  const { random } = writer;
  const fields = Object.values(type.getFields()).filter(
    (field) => depth > 1 || !isObjectType(getNamedType(field.type)),
  );
  const chosen = Array.from({ length: 1 + random.int(most) }, () => {
    const field = random.pick(fields);
    if (field === undefined || random.chance(0.05)) return "__typename";
    const given = field.args.filter((each) => isNonNullType(each.type) || random.chance(0.3));
    const args = given.map((each) => argument(writer, each)).join(", ");
    const below = getNamedType(field.type);
    const nested = isObjectType(below) ? ` { ${selections(writer, below, depth - 1)} }` : "";
    const alias = args || random.chance(0.1) ? `a${random.int(1_000_000)}: ` : "";
    const condition = random.chance(0.03)
      ? ` @${random.pick(["skip", "include"])}(if: ${random.chance(0.5)})`
      : "";
    const selection = `${alias}${field.name}${args && `(${args})`}${condition}${nested}`;
    return random.chance(0.05) ? `... on ${type.name} { ${selection} }` : selection;
  });
  return chosen.join(" ");
}

/** An operation that the schema takes, mostly with arguments that the rules take. */
export function validRequest(random: Random, schema: GraphQLSchema, kind: OperationKind): FuzzedRequest {
  const types = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  const type = types[kind];
  if (!type) throw new Error(`the schema has no ${kind}`);
  const writer: Writer = { random, schema, declared: new Map(), variables: {} };
  const body = selections(writer, type, 4, kind === "subscription" ? 1 : 4);
  const declarations = [...writer.declared.values()].join(", ");
  return {
    query: `${kind} Fuzzed${declarations && `(${declarations})`} { ${body} }`,
    variables: writer.variables,
  };
}

/** Other values for the variables of a valid operation: mostly such as fit. */
export function freshVariables(
  random: Random,
  schema: GraphQLSchema,
  document: DocumentNode,
): Record<string, unknown> {
  const fresh: Record<string, unknown> = {};
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const { variable, type: node } of definition.variableDefinitions ?? []) {
      const type = typeFromAST(schema, node);
      if (isInputType(type) && random.chance(0.97)) fresh[variable.name.value] = inputValue(random, type);
    }
  }
  return random.chance(0.1) ? (mutateVariables(random, fresh) as Record<string, unknown>) : fresh;
}

const TOKENS = /[A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|\.\.\.|[^\s]/g;
const STRAY = [
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  ":",
  "!",
  "...",
  "$v0",
  "@skip(if: true)",
  "fragment",
  '"""',
  "é",
  "#",
];

/** The document with some of its tokens left out, doubled, exchanged or put in. */
function mutateDocument(random: Random, source: string): string {
  const tokens = source.match(TOKENS) ?? [];
  for (let left = 1 + random.int(3); left > 0; left -= 1) {
    const at = random.int(tokens.length);
    const other = tokens[random.int(tokens.length)] ?? "{";
    const stray = random.pick(STRAY) ?? "{";
    const edits: [number, ...string[]][] = [[1], [0, tokens[at] ?? ""], [1, other], [0, stray], [1, stray]];
    const [removed, ...added] = random.pick(edits) ?? [0];
    tokens.splice(at, removed, ...added);
  }
  return tokens.join(" ");
}

function mutateVariables(random: Random, variables: unknown): unknown {
  if (typeof variables !== "object" || variables === null || random.chance(0.1)) return oddValue(random);
  const copy: Record<string, unknown> = structuredClone(variables) as Record<string, unknown>;
  let target: Record<string, unknown> = copy;
  for (let depth = random.int(4); depth > 0; depth -= 1) {
    const below = target[random.pick(Object.keys(target)) ?? ""];
    if (typeof below !== "object" || below === null) break;
    target = below as Record<string, unknown>;
  }
  target[random.pick([...Object.keys(target), "unknown"]) ?? "unknown"] = oddValue(random);
  return copy;
}

/** A request that is wrong somewhere: in its document, its variables or its form. */
export function mutatedRequest(random: Random, request: FuzzedRequest): FuzzedRequest {
  switch (random.int(4)) {
    case 0:
    case 1:
      return { ...request, query: mutateDocument(random, String(request.query)) };
    case 2:
      return { ...request, variables: mutateVariables(random, request.variables) };
    default:
      return {
        ...request,
        [random.pick(["query", "operationName", "variables", "extensions"])]: oddValue(random),
      };
  }
}
