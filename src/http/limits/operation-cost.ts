import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  GraphQLInt,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  valueFromAST,
} from "graphql";
import { FIELD_COSTS, type FieldCost } from "./field-cost.js";

/** A plain field; what it is times 10 is whole, so that sums are exact. */
const PLAIN_TENTHS = 1;
const CALL_TENTHS = 500;
const DEFAULT_PAGE_SIZE = 10;
/** The greatest page that the rules accept. What is beyond is refused by them, with a better message, before any call. */
const MAX_PAGE_SIZE = 1_000;
const PAGE_SIZE_ARGUMENT = "perPage";
const PLAIN: FieldCost = {};

/** What a cost is worked out from; the document is valid for the schema. */
export interface CostInput {
  schema: GraphQLSchema;
  operation: OperationDefinitionNode;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Coerced values of the variables in page sizes and in `@skip` and `@include`. */
  variables: Record<string, unknown>;
}

/** The fields of merged selection sets by response name, as the executor merges them (GraphQL specification, CollectFields). */
type FieldGroups = Map<string, FieldNode[]>;

function isIncluded(node: SelectionNode, variables: Record<string, unknown>): boolean {
  if (node.directives === undefined || node.directives.length === 0) return true;
  return (
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false
  );
}

function collect(input: CostInput, sets: readonly SelectionSetNode[]): FieldGroups {
  const groups: FieldGroups = new Map();
  const seen = new Set<string>();
  function add(set: SelectionSetNode): void {
    for (const node of set.selections) {
      if (!isIncluded(node, input.variables)) continue;
      if (node.kind === Kind.FIELD) {
        const name = node.alias?.value ?? node.name.value;
        const group = groups.get(name);
        if (group) group.push(node);
        else groups.set(name, [node]);
      } else if (node.kind === Kind.INLINE_FRAGMENT) add(node.selectionSet);
      else if (!seen.has(node.name.value)) {
        seen.add(node.name.value);
        const fragment = input.fragments.get(node.name.value);
        if (fragment) add(fragment.selectionSet);
      }
    }
  }
  sets.forEach(add);
  return groups;
}

function pageSize(field: FieldNode, variables: Record<string, unknown>): number {
  const argument = field.arguments?.find(({ name }) => name.value === PAGE_SIZE_ARGUMENT);
  const value = argument && valueFromAST(argument.value, GraphQLInt, variables);
  return typeof value === "number" ? Math.min(MAX_PAGE_SIZE, Math.max(1, value)) : DEFAULT_PAGE_SIZE;
}

/**
 * The cost of an operation in tenths: 1 a plain field, 500 for each upstream call that it can need at worst, times
 * the page sizes above it. Fields that are merged in the answer count once; introspection does not count.
 */
export function costInTenths(input: CostInput): number {
  function ofGroups(type: GraphQLObjectType, groups: FieldGroups, pageAbove: number): number {
    let cost = 0;
    for (const nodes of groups.values()) cost += ofField(type, nodes, pageAbove);
    return cost;
  }

  function ofField(type: GraphQLObjectType, nodes: readonly FieldNode[], pageAbove: number): number {
    const [field] = nodes;
    if (field === undefined || field.name.value === "__schema" || field.name.value === "__type") return 0;
    const { calls = 0, itemCalls, page } = FIELD_COSTS[`${type.name}.${field.name.value}`] ?? PLAIN;
    const ownPage = pageSize(field, input.variables);
    const items = page === "own" ? ownPage : page === "above" ? pageAbove : 1;
    const resultType = getNamedType(type.getFields()[field.name.value]?.type);
    const sets = nodes.flatMap((node) => node.selectionSet ?? []);
    const below = collect(input, sets);
    const selected = new Set([...below.values()].flatMap(([node]) => node?.name.value ?? []));
    const callsPerItem = itemCalls?.(selected) ?? 0;
    const perItem =
      callsPerItem * CALL_TENTHS + (isObjectType(resultType) ? ofGroups(resultType, below, ownPage) : 0);
    const itself = calls > 0 || callsPerItem > 0 ? calls * CALL_TENTHS : PLAIN_TENTHS;
    return itself + items * perItem;
  }

  const root = input.schema.getRootType(input.operation.operation);
  return root ? ofGroups(root, collect(input, [input.operation.selectionSet]), 1) : 0;
}
