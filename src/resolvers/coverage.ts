import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { type Coverage, coverageOfField, type VersionSummary } from "../domain/index.js";

const SIZE: Record<Coverage, number> = { summary: 0, list: 1, details: 2 };

function larger(a: Coverage, b: Coverage): Coverage {
  return SIZE[a] >= SIZE[b] ? a : b;
}

function isSelected(node: SelectionNode, variables: GraphQLResolveInfo["variableValues"]): boolean {
  if (!node.directives?.length) return true;
  if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false;
}

function coverageOfSelection(selections: SelectionSetNode | undefined, info: GraphQLResolveInfo): Coverage {
  let coverage: Coverage = "summary";
  for (const node of selections?.selections ?? []) {
    if (isSelected(node, info.variableValues)) coverage = larger(coverage, coverageOfNode(node, info));
  }
  return coverage;
}

function coverageOfNode(node: SelectionNode, info: GraphQLResolveInfo): Coverage {
  if (node.kind === Kind.FIELD) return coverageOfField(node.name.value);
  if (node.kind === Kind.INLINE_FRAGMENT) return coverageOfSelection(node.selectionSet, info);
  const fragment: FragmentDefinitionNode | undefined = info.fragments[node.name.value];
  return coverageOfSelection(fragment?.selectionSet, info);
}

/** Whether a variable can decide that some of it is left out. */
function isConditional(selections: SelectionSetNode | undefined, info: GraphQLResolveInfo): boolean {
  return (selections?.selections ?? []).some((node) => {
    if (node.directives?.length) return true;
    if (node.kind === Kind.FIELD) return false;
    const inner = node.kind === Kind.INLINE_FRAGMENT ? node : info.fragments[node.name.value];
    return isConditional(inner?.selectionSet, info);
  });
}

/** By the field's nodes, which the items of a list share, and executions of compiled code; `varies` where variables decide. */
const known = new WeakMap<readonly FieldNode[], Coverage | "varies">();

/** The smallest coverage that holds every field of a version that the field being resolved asks for. */
export function coverageAsked(info: GraphQLResolveInfo): Coverage {
  const { fieldNodes } = info;
  const before = known.get(fieldNodes);
  if (before !== undefined && before !== "varies") return before;
  const coverage = fieldNodes
    .map((node) => coverageOfSelection(node.selectionSet, info))
    .reduce(larger, "summary");
  if (before === undefined) {
    const varies = fieldNodes.some((node) => isConditional(node.selectionSet, info));
    known.set(fieldNodes, varies ? "varies" : coverage);
  }
  return coverage;
}

/** True when what is known of the version is at least `coverage`. */
export function covers(version: VersionSummary, coverage: Coverage): boolean {
  return SIZE[version.coverage] >= SIZE[coverage];
}
