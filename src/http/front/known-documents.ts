import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
} from "graphql";
import { LRUCache } from "lru-cache";
import { createExecutors, type Executor } from "./executors.js";
import type { PlainRequest } from "./plain-request.js";

/** A query or mutation of a document that has been found valid. */
export interface KnownOperation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  type: "query" | "mutation";
  name: string | null;
  execute: Executor;
}

interface KnownDocument {
  document: DocumentNode;
  /** By `operationName`, as requests give it. */
  operations: Map<string | null | undefined, KnownOperation>;
}

/** Bound of the documents' texts, in characters; a document itself takes about 50 bytes for each. */
const MAX_CHARACTERS = 1_000_000;
/** What is kept beside a text takes as much memory as this many characters at least. */
const BOOKKEEPING = 1_000;

/** Documents that have been found valid, by their texts. */
export class KnownDocuments {
  readonly #byText = new LRUCache<string, KnownDocument>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_document, text) => text.length + BOOKKEEPING,
  });

  readonly #executorOf: ReturnType<typeof createExecutors>;

  constructor(schema: GraphQLSchema) {
    this.#executorOf = createExecutors(schema);
  }

  /** The document must be valid for the schema. */
  learn(text: string, document: DocumentNode): void {
    if (!this.#byText.has(text)) this.#byText.set(text, { document, operations: new Map() });
  }

  /** The operation that is asked for, where it is one that is answered once. */
  find({ query, operationName }: PlainRequest): KnownOperation | undefined {
    const known = this.#byText.get(query);
    return known && (known.operations.get(operationName) ?? this.#look(known, operationName));
  }

  #look({ document, operations }: KnownDocument, operationName: string | null | undefined) {
    const operation = getOperationAST(document, operationName);
    if (!operation || operation.operation === "subscription") return undefined;
    const name = operation.name?.value ?? null;
    const execute = this.#executorOf(document, name);
    const found: KnownOperation = { document, operation, type: operation.operation, name, execute };
    operations.set(operationName, found);
    return found;
  }
}
