import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";

/** What an operation must pass before it is executed. */
export interface OperationGuard {
  /** @throws GatewayError LIMIT_EXCEEDED when the operation is too deep, costly or large */
  check(operation: GuardedOperation): void;
  /** @throws GatewayError RATE_LIMITED when `quotaKey` has used up its operations */
  admit(quotaKey: string): Promise<void> | void;
}

export interface GuardedOperation {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown> | undefined;
}
