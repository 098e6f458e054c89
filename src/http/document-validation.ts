import {
  type ASTVisitor,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getEnterLeaveForKind,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  type SelectionSetNode,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  type ValidationContext,
  validate,
} from "graphql";
import type { QueryLimits } from "./limits/index.js";

/** What is wrong with a document: its limits, else every rule of GraphQL that it breaks. Empty: nothing. */
export type ValidateDocument = (document: DocumentNode) => readonly Error[];

const CONDITIONS: ReadonlySet<string> = new Set(["skip", "include"]);
const CONDITIONAL_ROOT =
  "A subscription has one root field whatever its variables are: neither @skip nor @include may stand there.";

/** `@skip` and `@include` among the root fields, those in fragments included. */
function rootConditions(
  { selectionSet }: OperationDefinitionNode,
  fragmentOf: (name: string) => FragmentDefinitionNode | null | undefined,
): DirectiveNode[] {
  const conditions: DirectiveNode[] = [];
  const left: SelectionSetNode[] = [selectionSet];
  const spread = new Set<string>();
  for (const { selections } of left) {
    for (const selection of selections) {
      conditions.push(...(selection.directives ?? []).filter(({ name }) => CONDITIONS.has(name.value)));
      if (selection.kind === Kind.INLINE_FRAGMENT) left.push(selection.selectionSet);
      if (selection.kind !== Kind.FRAGMENT_SPREAD || spread.has(selection.name.value)) continue;
      spread.add(selection.name.value);
      const fragment = fragmentOf(selection.name.value);
      if (fragment) left.push(fragment.selectionSet);
    }
  }
  return conditions;
}

/**
 * The rule "Single Root Field" of GraphQL's September 2025 edition, section 5.2.4.1, which forbids conditions there. graphql-js
 * evaluates them instead, without the variables' values, and throws.
 */
function SingleRootFieldRule(context: ValidationContext): ASTVisitor {
  const { enter } = getEnterLeaveForKind(SingleFieldSubscriptionsRule(context), Kind.OPERATION_DEFINITION);
  return {
    OperationDefinition(node, ...place) {
      if (node.operation !== "subscription") return undefined;
      const conditions = rootConditions(node, (name) => context.getFragment(name));
      if (conditions.length === 0) return enter?.call(this, node, ...place);
      context.reportError(new GraphQLError(CONDITIONAL_ROOT, { nodes: conditions }));
      return undefined;
    },
  };
}

const RULES = specifiedRules.map((rule) =>
  rule === SingleFieldSubscriptionsRule ? SingleRootFieldRule : rule,
);

function withCode({ message, nodes, extensions }: GraphQLError): GraphQLError {
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    extensions: { code: "GRAPHQL_VALIDATION_FAILED", ...extensions },
  });
}

/**
 * Validates for every transport. A document that was found valid is known from then on, as the object that it is.
 *
 * @param options.introspection whether the schema may be asked for
 */
export function createDocumentValidation(options: {
  schema: GraphQLSchema;
  limits: QueryLimits;
  introspection: boolean;
}): ValidateDocument {
  const { schema, limits, introspection } = options;
  const rules = introspection ? RULES : [...RULES, NoSchemaIntrospectionCustomRule];
  const valid = new WeakSet<DocumentNode>();
  return (document) => {
    if (valid.has(document)) return [];
    try {
      limits.checkDocument(document);
    } catch (error) {
      return [error as Error];
    }
    const errors = validate(schema, document, rules, { hideSuggestions: !introspection });
    if (errors.length === 0) valid.add(document);
    return errors.map(withCode);
  };
}
