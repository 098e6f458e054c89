import type { FastifyRequest } from "fastify";
import { GraphQLError } from "graphql";

/** A GraphQL request as both streaming protocols carry it. */
export interface OperationRequest {
  query: string;
  operationName?: string | null | undefined;
  variables?: Record<string, unknown> | null | undefined;
}

/** A request that is none, told in the words of GraphQL. */
export function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_REQUEST" } });
}

function parseVariables(given: unknown): Record<string, unknown> | undefined {
  if (given === undefined || given === null) return undefined;
  let value: unknown;
  try {
    value = typeof given === "string" ? JSON.parse(given) : given;
  } catch {
    throw badRequest("variables must be JSON.");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw badRequest("variables must be a JSON object.");
}

/**
 * The GraphQL request in the query string of a GET or the JSON body of a POST.
 *
 * @throws GraphQLError BAD_REQUEST
 */
export function readOperationRequest(request: FastifyRequest): OperationRequest {
  const given = (request.method === "GET" ? request.query : request.body) as Record<string, unknown> | null;
  const { query, operationName, variables } = given ?? {};
  if (typeof query !== "string") throw badRequest("query must be a GraphQL document.");
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string") {
    throw badRequest("operationName must be a text.");
  }
  return { query, operationName, variables: parseVariables(variables) };
}
