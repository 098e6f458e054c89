import { readFile } from "node:fs/promises";
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
import { describe, expect, it } from "vitest";
import { buildGatewaySchema, printGatewaySchema } from "../../src/schema.js";

const contract = buildSchema(await readFile(new URL("public-schema.graphql", import.meta.url), "utf8"));

function inputValue({ type, defaultValue }: GraphQLArgument | GraphQLInputField): string {
  return `${type} = ${JSON.stringify(defaultValue)}`;
}

/** One line for everything that a client can depend on in a type. */
function promisesOf(type: GraphQLNamedType): string[] {
  if (isEnumType(type)) return type.getValues().map((value) => `${type.name}.${value.name}`);
  const kind = [`${type.constructor.name} ${type.name}`];
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    return [...kind, ...fields.map((field) => `${type.name}.${field.name}: ${inputValue(field)}`)];
  }
  if (!isObjectType(type)) return kind;
  return Object.values(type.getFields()).flatMap((field) => [
    ...kind,
    `${type.name}.${field.name}: ${field.type}`,
    ...field.args.map((arg) => `${type.name}.${field.name}(${arg.name}: ${inputValue(arg)})`),
  ]);
}

function promises(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith("__") && !isSpecifiedScalarType(type))
    .flatMap(promisesOf);
}

function argumentsOf(schema: GraphQLSchema): { where: string; type: string; required: boolean }[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
    .flatMap(({ type, field }) =>
      field.args.map((arg) => ({
        where: `${type.name}.${field.name}(${arg.name})`,
        type: String(arg.type),
        required: String(arg.type).endsWith("!"),
      })),
    );
}

describe("the schema", () => {
  it("keeps every promise of the public contract: names, types, nullability, arguments, defaults, enum values", () => {
    const built = new Set(promises(buildGatewaySchema()));
    const promised = promises(contract);
    expect(promised.length).toBeGreaterThan(150);
    expect(promised.filter((promise) => !built.has(promise))).toEqual([]);
  });

  it("demands no argument that the public contract does not demand", () => {
    const promised = new Set(argumentsOf(contract).map(({ where }) => where));
    const added = argumentsOf(buildGatewaySchema()).filter(({ where }) => !promised.has(where));
    expect(added.filter(({ required }) => required)).toEqual([]);
  });

  it("is what the committed schema.graphql says", async () => {
    const committed = await readFile(new URL("../../schema.graphql", import.meta.url), "utf8");
    expect(committed).toBe(printGatewaySchema());
  });

  it("describes every type, field, argument and enum value", () => {
    const undescribed: string[] = [];
    const note = (name: string, { description }: { description?: string | null | undefined }) => {
      if (!description) undescribed.push(name);
    };
    for (const type of Object.values(buildGatewaySchema().getTypeMap())) {
      if (type.name.startsWith("__") || ["Query", "Mutation", "Subscription"].includes(type.name)) continue;
      note(type.name, type);
      if (isEnumType(type)) for (const value of type.getValues()) note(`${type.name}.${value.name}`, value);
      if (isInputObjectType(type) || isObjectType(type)) {
        for (const field of Object.values(type.getFields())) note(`${type.name}.${field.name}`, field);
      }
    }
    for (const root of ["Query", "Mutation", "Subscription"]) {
      const type = buildGatewaySchema().getType(root);
      for (const field of isObjectType(type) ? Object.values(type.getFields()) : []) {
        note(`${root}.${field.name}`, field);
        for (const arg of field.args) note(`${root}.${field.name}(${arg.name})`, arg);
      }
    }
    expect(undescribed).toEqual([]);
  });
});
