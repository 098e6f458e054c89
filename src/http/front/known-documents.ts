import { type DocumentNode, getOperationAST, type OperationDefinitionNode } from "graphql";
import { LRUCache } from "lru-cache";
import type { PlainRequest } from "./plain-request.js";

/** A query or mutation of a document that has been found valid. */
export interface KnownOperation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  type: "query" | "mutation";
  name: string | null;
}

/** Bound of the documents' texts, in characters. */
const MAX_CHARACTERS = 1_000_000;

/** Documents that have been found valid, by their texts. */
export class KnownDocuments {
  readonly #byText = new LRUCache<string, DocumentNode>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_document, text) => text.length,
  });

  learn(text: string, document: DocumentNode): void {
    this.#byText.set(text, document);
  }

  /** The operation that is asked for, where it is one that is answered once. */
  find({ query, operationName }: PlainRequest): KnownOperation | undefined {
    const document = this.#byText.get(query);
    const operation = document && getOperationAST(document, operationName);
    if (!operation || operation.operation === "subscription") return undefined;
    return { document, operation, type: operation.operation, name: operation.name?.value ?? null };
  }
}
