import { GraphQLError, GraphQLScalarType, Kind, print } from "graphql";

const EXPONENT = /^-?\d(?:\.\d+)?e\+\d+$/;

/** A JSON number in exponent notation where it is too big to be exact: no id, and told apart from one by {@link hasLostDigits}. */
function fromNumber(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : value.toExponential();
}

/** True for what the scalar makes of a JSON number beyond 2^53 - 1. */
export function hasLostDigits(id: unknown): boolean {
  return typeof id === "string" && EXPONENT.test(id);
}

/**
 * The scalar `ID`, in place of graphql-js's own: that one turns a JSON number beyond 2^53 - 1, which JSON.parse has
 * rounded, into digits that look like another valid id.
 */
export const ID = new GraphQLScalarType<string, string>({
  name: "ID",
  description:
    "An id: decimal digits, exact to 64 bits. In answers always a string. As an argument a string, or a number while " +
    "it is at most 2^53 - 1 (in the document itself: of any size).",
  serialize: (value) => (typeof value === "string" ? value : String(value)),
  parseValue: (value) => {
    if (typeof value === "string") return value;
    if (typeof value === "number" && Number.isInteger(value)) return fromNumber(value);
    throw new GraphQLError("ID cannot represent a value that is neither a string nor an integer.");
  },
  parseLiteral: (node) => {
    if (node.kind === Kind.STRING || node.kind === Kind.INT) return node.value;
    throw new GraphQLError(`ID cannot represent a non-string and non-integer value: ${print(node)}`, {
      nodes: node,
    });
  },
});
