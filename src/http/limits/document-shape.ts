import { type DefinitionNode, type DocumentNode, type FieldNode, Kind, visit } from "graphql";

/** The size of a document's greatest operation; fragments count as often as they are spread, unless said otherwise. */
export interface DocumentShape {
  /** Selection sets nested; the root's is 1; neither fragments nor introspection add to it. */
  depth: number;
  /** Fields, fragment spreads and inline fragments. */
  fields: number;
  /** The same two below `__schema` and `__type`. */
  introspectionDepth: number;
  introspectionFields: number;
  /** As written, in the whole document. */
  aliases: number;
  directives: number;
}

type Extent = Omit<DocumentShape, "aliases" | "directives">;

interface Spread {
  name: string;
  /** The level of the selection set that it stands in. */
  level: number;
  introspection: boolean;
}

/** One operation or fragment by itself, its spreads not followed. */
interface Definition {
  extent: Extent;
  spreads: Spread[];
  written: { aliases: number; directives: number };
}

function isIntrospection(field: FieldNode): boolean {
  return field.name.value === "__schema" || field.name.value === "__type";
}

/** Walks one definition. `visit` keeps its own stack, so that deep nesting cannot exhaust the call stack. */
function measureDefinition(node: DefinitionNode): Definition {
  const extent: Extent = { depth: 1, fields: 0, introspectionDepth: 0, introspectionFields: 0 };
  const spreads: Spread[] = [];
  const written = { aliases: 0, directives: 0 };
  let level = 1;
  // The level outside while below `__schema` or `__type`, where levels are counted from 0 again.
  let outside: number | undefined;
  const count = () => {
    if (outside === undefined) extent.fields += 1;
    else extent.introspectionFields += 1;
  };
  visit(node, {
    Field: {
      enter(field) {
        count();
        if (field.alias) written.aliases += 1;
        if (outside === undefined && isIntrospection(field)) {
          outside = level;
          level = 0;
        }
        if (field.selectionSet === undefined) return;
        level += 1;
        const key = outside === undefined ? "depth" : "introspectionDepth";
        extent[key] = Math.max(extent[key], level);
      },
      leave(field) {
        if (field.selectionSet !== undefined) level -= 1;
        if (outside !== undefined && level === 0) {
          level = outside;
          outside = undefined;
        }
      },
    },
    InlineFragment: count,
    FragmentSpread(spread) {
      count();
      spreads.push({ name: spread.name.value, level, introspection: outside !== undefined });
    },
    Directive() {
      written.directives += 1;
    },
  });
  return { extent, spreads, written };
}

function addSpread(to: Extent, { level, introspection }: Spread, spread: Extent): void {
  const below = level - 1;
  if (introspection) {
    to.introspectionDepth = Math.max(to.introspectionDepth, below + spread.depth);
    to.introspectionFields += spread.fields + spread.introspectionFields;
  } else {
    to.depth = Math.max(to.depth, below + spread.depth);
    to.fields += spread.fields;
    to.introspectionDepth = Math.max(to.introspectionDepth, spread.introspectionDepth);
    to.introspectionFields += spread.introspectionFields;
  }
}

/** Follows spreads, each fragment once however often it is spread. A cycle counts as nothing: validation refuses it. */
function createResolver(fragments: ReadonlyMap<string, Definition>): (definition: Definition) => Extent {
  const resolved = new Map<string, Extent | undefined>();
  function ofFragment(name: string): Extent | undefined {
    if (!resolved.has(name)) {
      resolved.set(name, undefined);
      const fragment = fragments.get(name);
      resolved.set(name, fragment && resolve(fragment));
    }
    return resolved.get(name);
  }
  function resolve(definition: Definition): Extent {
    const extent = { ...definition.extent };
    for (const spread of definition.spreads) {
      const target = ofFragment(spread.name);
      if (target) addSpread(extent, spread, target);
    }
    return extent;
  }
  return resolve;
}

/** Measures a document, valid or not, in time linear in its length. */
export function measureDocument(document: DocumentNode): DocumentShape {
  const fragments = new Map<string, Definition>();
  const operations: Definition[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, measureDefinition(definition));
    } else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(measureDefinition(definition));
  }
  const resolve = createResolver(fragments);
  const extents = operations.map(resolve);
  const greatest = (key: keyof Extent) =>
    Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, ...extents.map((extent) => extent[key])));
  const sum = (key: keyof Definition["written"]) =>
    [...operations, ...fragments.values()].reduce((total, { written }) => total + written[key], 0);
  return {
    depth: greatest("depth"),
    fields: greatest("fields"),
    introspectionDepth: greatest("introspectionDepth"),
    introspectionFields: greatest("introspectionFields"),
    aliases: sum("aliases"),
    directives: sum("directives"),
  };
}
