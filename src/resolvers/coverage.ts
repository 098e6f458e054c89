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

interface Asked {
  variables: GraphQLResolveInfo["variableValues"];
  coverage: Coverage;
}

/** By the field's nodes, which all items of a list share. */
const latest = new WeakMap<readonly FieldNode[], Asked>();

/** The smallest coverage that holds every field of a version that the field being resolved asks for. */
export function coverageAsked(info: GraphQLResolveInfo): Coverage {
  const { fieldNodes, variableValues: variables } = info;
  const known = latest.get(fieldNodes);
  if (known?.variables === variables) return known.coverage;
  const coverage = fieldNodes
    .map((node) => coverageOfSelection(node.selectionSet, info))
    .reduce(larger, "summary");
  latest.set(fieldNodes, { variables, coverage });
  return coverage;
}

/** True when what is known of the version is at least `coverage`. */
export function covers(version: VersionSummary, coverage: Coverage): boolean {
  return SIZE[version.coverage] >= SIZE[coverage];
}
