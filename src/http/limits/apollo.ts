import type { ApolloServerPlugin, BaseContext } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { GatewayError } from "../../errors.js";
import type { QueryLimits } from "./query-limits.js";

/**
 * Finds the limit behind Apollo Server's parse and validation errors: it reports those itself, and its hooks can
 * neither replace them nor stop it before it validates.
 */
export interface ApolloLimits {
  plugin: ApolloServerPlugin<BaseContext>;
  /** For `formatError`: the limit that an error of Apollo Server's stands for, if any. */
  limitBehind(error: unknown): GatewayError | undefined;
}

export function createApolloLimits(limits: QueryLimits): ApolloLimits {
  const found = new WeakMap<Error, GatewayError>();

  function check(document: Parameters<QueryLimits["checkDocument"]>[0]): GatewayError | undefined {
    try {
      limits.checkDocument(document);
    } catch (error) {
      return error as GatewayError;
    }
    return undefined;
  }

  return {
    plugin: {
      requestDidStart: async () => ({
        parsingDidStart:
          async ({ source }) =>
          async (error) => {
            const limit = error && limits.explainParseFailure(source, error);
            if (error && limit) found.set(error, limit);
          },
        validationDidStart:
          async ({ document }) =>
          async (errors) => {
            const [first] = errors ?? [];
            const limit = first && check(document);
            if (first && limit) found.set(first, limit);
          },
      }),
    },
    limitBehind(error) {
      let cause: unknown = error;
      while (cause instanceof Error) {
        const limit = found.get(cause);
        if (limit) return limit;
        cause = cause instanceof GraphQLError ? cause.originalError : undefined;
      }
      return undefined;
    },
  };
}
