import type { GraphQLFormattedError, GraphQLSchema } from "graphql";
import { GatewayContext, type Services } from "../../context.js";
import type { Ingredients } from "../../ports.js";
import { clientGone } from "../client-gone.js";
import type { QueryLimits } from "../limits/index.js";
import { type PublishError, withRequestId } from "../public-error.js";
import { statusInMediaType, statusOfRequestError } from "../result-status.js";
import type { Head } from "./heads.js";
import type { KnownOperation } from "./known-documents.js";
import type { PlainRequest } from "./plain-request.js";
import type { Posted } from "./posted.js";

export interface DirectExecutionOptions {
  schema: GraphQLSchema;
  services: Services;
  limits: QueryLimits;
  publishError: PublishError;
}

/** A request for an operation that is known to be valid. */
export interface KnownRequest {
  posted: Posted;
  known: KnownOperation;
  variables: PlainRequest["variables"];
  requestId: string;
}

export interface DirectResult {
  errors: readonly GraphQLFormattedError[] | undefined;
  hasData: boolean;
  /** As JSON. */
  body: string;
  ingredients: Ingredients | undefined;
}

interface Outcome {
  data?: unknown;
  errors?: readonly unknown[];
}

/** Executes what is known to be valid: what Apollo Server does for a request that it has not seen before. */
export interface DirectExecution {
  /** False where a limit refuses the operation. */
  isWithinLimits(request: KnownRequest): boolean;
  /** Never rejects. */
  run(request: KnownRequest): Promise<DirectResult>;
}

export function createDirectExecution(options: DirectExecutionOptions): DirectExecution {
  const { schema, services, limits, publishError } = options;

  function contextOf({ posted: { caller, quotaKey, response }, requestId }: KnownRequest): GatewayContext {
    return new GatewayContext(services, {
      requestId,
      identify: () => caller,
      quotaKey,
      signal: clientGone(response),
    });
  }

  async function execution({ known, variables }: KnownRequest, context: GatewayContext): Promise<Outcome> {
    try {
      return await known.execute(context, variables);
    } catch (error) {
      return { errors: [error] };
    }
  }

  return {
    isWithinLimits({ known: { document, operation }, variables }) {
      try {
        limits.check({ schema, document, operation, variables: variables ?? undefined });
        return true;
      } catch {
        return false;
      }
    },

    async run(request) {
      const context = contextOf(request);
      const { data, errors: failures } = await execution(request, context);
      const errors = failures?.map((error) => withRequestId(publishError(error), request.requestId));
      return {
        errors,
        hasData: data !== undefined,
        body: JSON.stringify({ errors, data }),
        ingredients: errors === undefined ? context.ingredients() : undefined,
      };
    },
  };
}

/** The status of a result in the head's media type. */
export function statusOf({ errors, hasData }: DirectResult, head: Head): number {
  return errors === undefined || hasData
    ? 200
    : statusInMediaType(statusOfRequestError(errors), head.mediaType);
}
