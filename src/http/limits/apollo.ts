import type { ApolloServerPlugin, BaseContext } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { GatewayError } from "../../errors.js";
import type { QueryLimits } from "./query-limits.js";

/** Finds the limit behind Apollo Server's parse errors: it reports those itself, and its hooks cannot replace them. */
export interface ApolloLimits {
  plugin: ApolloServerPlugin<BaseContext>;
  /** For `formatError`: the limit that an error of Apollo Server's stands for, if any. */
  limitBehind(error: unknown): GatewayError | undefined;
}

export function createApolloLimits(limits: QueryLimits): ApolloLimits {
  const found = new WeakMap<Error, GatewayError>();
  return {
    plugin: {
      requestDidStart: async () => ({
        parsingDidStart:
          async ({ source }) =>
          async (error) => {
            const limit = error && limits.explainParseFailure(source, error);
            if (error && limit) found.set(error, limit);
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
