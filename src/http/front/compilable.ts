import { type ASTNode, BREAK, type DocumentNode, Kind, type ValueNode, visit } from "graphql";
import { measureDocument } from "../limits/document-shape.js";

/** Fragments spread out. Nothing else is done while code is made, about 0.1 ms for each field, and the code stays in memory. */
const MAX_COMPILED_FIELDS = 200;

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
export function isCompilable(document: DocumentNode): boolean {
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
export function nestedVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  const note = (value: ValueNode) => value.kind === Kind.VARIABLE && names.add(value.name.value);
  visit(document, {
    ObjectField: ({ value }) => void note(value),
    ListValue: ({ values }) => values.forEach(note),
  });
  return [...names];
}
