import { isInputObjectType, isObjectType } from "graphql";
import { describe, expect, it } from "vitest";
import { inDocumentOrder } from "../../../src/rules/document-order.js";
import { buildGatewaySchema } from "../../../src/schema.js";

function violationAt(...path: string[]) {
  return { path, rule: "any", message: "" };
}

/** The names of every list of input fields or arguments in the schema. */
function listsOfNames(): string[][] {
  const types = Object.values(buildGatewaySchema().getTypeMap()).filter(
    (type) => !type.name.startsWith("__"),
  );
  const inputs = types.filter(isInputObjectType).map((type) => Object.keys(type.getFields()));
  const fields = types.filter(isObjectType).flatMap((type) => Object.values(type.getFields()));
  return [...inputs, ...fields.map(({ args }) => args.map(({ name }) => name))].filter(
    ({ length }) => length > 1,
  );
}

describe("the order of violations", () => {
  it.each(listsOfNames())("is the schema's: %s, %s ...", (...names) => {
    const backwards = names.toReversed().map((name) => violationAt(name));
    expect(inDocumentOrder(backwards).map(({ path }) => path[0])).toEqual(names);
  });

  it("goes by number among the items of a list", () => {
    const paths = ["10", "9", "0"].map((index) => violationAt("dataSource", index, "dataUrl"));
    expect(inDocumentOrder(paths).map(({ path }) => path[1])).toEqual(["0", "9", "10"]);
  });

  it("puts a field before what is inside it, and what is inside it before the next field", () => {
    const [inside, next, field] = [
      violationAt("dataSource", "0"),
      violationAt("specId"),
      violationAt("dataSource"),
    ];
    expect(inDocumentOrder([next, inside, field])).toEqual([field, inside, next]);
  });

  it("keeps what is broken at one place in the order in which it was found", () => {
    const found = ["b", "a", "c"].map((rule) => ({ path: ["trainUrl"], rule, message: "" }));
    expect(inDocumentOrder(found)).toEqual(found);
  });
});
