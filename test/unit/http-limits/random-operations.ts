import { type GraphQLObjectType, getNamedType, isNonNullType, isObjectType } from "graphql";
import { schema } from "./support.js";

/** A whole number from 0 to `below` - 1. */
export type Pick = (below: number) => number;

export interface RandomOperation {
  source: string;
  variables: Record<string, unknown>;
}

const ID_ARGUMENTS: Record<string, string> = { jobId: 'jobId: "1"', versionId: 'versionId: "2"' };

/** Writes valid queries with aliases, fragments, conditions and page sizes, as the choices say. */
export function randomOperation(pick: Pick): RandomOperation {
  const fragments: string[] = [];
  const chance = (outOf: number) => pick(outOf) === outOf - 1;

  function pageSize(): string[] {
    return [[], ["perPage: null"], ["perPage: 1"], ["perPage: 3"], ["perPage: $size"]][pick(5)] ?? [];
  }

  function condition(): string {
    return ["", "", "", "@skip(if: true)", "@include(if: $on)", "@skip(if: $on)"][pick(6)] ?? "";
  }

  function field(type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields()).filter(
      (each) => depth > 1 || !isObjectType(getNamedType(each.type)),
    );
    const chosen = fields[pick(fields.length)];
    if (chosen === undefined) return "__typename";
    const required = chosen.args
      .filter((argument) => isNonNullType(argument.type))
      .map(({ name }) => ID_ARGUMENTS[name]);
    if (required.includes(undefined)) return "__typename";
    const sized = chosen.args.some(({ name }) => name === "perPage") ? pageSize() : [];
    const given = [...required, ...sized].join(", ");
    const below = getNamedType(chosen.type);
    // The alias says what the field is asked with, so that fields of one name in the answer always merge.
    const alias = given || chance(4) ? `${chosen.name}${given.replace(/\W/g, "")}_${pick(2)}: ` : "";
    const nested = isObjectType(below) ? ` { ${selections(below, depth - 1)} }` : "";
    return `${alias}${chosen.name}${given && `(${given})`} ${condition()}${nested}`;
  }

  function selection(type: GraphQLObjectType, depth: number): string {
    if (chance(5)) return `... on ${type.name} ${condition()} { ${selections(type, depth)} }`;
    if (chance(5)) {
      const body = selections(type, depth);
      const name = `F${fragments.length}`;
      fragments.push(`fragment ${name} on ${type.name} { ${body} }`);
      return chance(2) ? `...${name} ...${name}` : `...${name} ${condition()}`;
    }
    return field(type, depth);
  }

  function selections(type: GraphQLObjectType, depth: number): string {
    return ["__typename", ...Array.from({ length: 1 + pick(3) }, () => selection(type, depth))].join(" ");
  }

  const query = schema.getQueryType();
  if (!query) throw new Error("the schema has no queries");
  const body = [selections(query, 5), ...fragments];
  const [first = "", ...rest] = body;
  const declared = ["$size: Int = 2", "$on: Boolean = false"].filter((declaration) =>
    body.some((part) => part.includes(declaration.split(":")[0] ?? "")),
  );
  return {
    source: `query ${declared.length > 0 ? `(${declared.join(", ")})` : ""} { ${first} } ${rest.join(" ")}`,
    variables: [{}, { size: 4 }, { on: true }, { size: null, on: true }][pick(4)] ?? {},
  };
}
