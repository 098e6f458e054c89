import type { ServerResponse } from "node:http";
import type { DocumentNode, GraphQLFormattedError, GraphQLSchema } from "graphql";
import { GatewayContext, type Services } from "../../context.js";
import { clientGone } from "../client-gone.js";
import type { QueryLimits, RateLimiter } from "../limits/index.js";
import type { RecordOperation } from "../operation-log.js";
import { type PublishError, withRequestId } from "../public-error.js";
import { requestIdFrom } from "../request-id.js";
import { statusInMediaType, statusOfRequestError } from "../result-status.js";
import type { AnswerCache } from "./answer-cache.js";
import { endWith } from "./end-with.js";
import type { Head } from "./heads.js";
import { KnownDocuments, type KnownOperation } from "./known-documents.js";
import { type PlainRequest, readPlainRequest } from "./plain-request.js";
import type { Posted } from "./posted.js";

export interface DirectExecutionOptions {
  schema: GraphQLSchema;
  services: Services;
  limits: QueryLimits;
  rateLimiter: RateLimiter;
  publishError: PublishError;
  recordOperation: RecordOperation;
  answers: AnswerCache;
}

/** Executes operations whose document is known to be valid: what Apollo Server does for those that it has not seen before. */
export interface DirectExecution {
  /** False where the request is for others to answer, or to refuse. */
  execute(posted: Posted): boolean;
  /** Takes note of the document of a request, which was found valid and executed. */
  learn(posted: Posted, document: DocumentNode): void;
}

/** A request that may be executed. */
interface Admitted {
  posted: Posted;
  head: Head;
  known: KnownOperation;
  variables: PlainRequest["variables"];
  requestId: string;
}

/** The errors as they came. */
interface Outcome {
  data?: unknown;
  errors?: readonly unknown[];
}

function statusOf(data: unknown, errors: readonly GraphQLFormattedError[] | undefined, head: Head): number {
  if (errors === undefined || data !== undefined) return 200;
  return statusInMediaType(statusOfRequestError(errors), head.mediaType);
}

function send(response: ServerResponse, head: Head, status: number, requestId: string, body: string): void {
  const bytes = Buffer.byteLength(body);
  head.write(response, status, String(bytes), requestId);
  endWith(response, body, bytes);
}

function contextOf(services: Services, { posted, requestId }: Admitted): GatewayContext {
  const { caller, quotaKey, response } = posted;
  const signal = clientGone(response);
  return new GatewayContext(services, { requestId, identify: () => caller, quotaKey, signal });
}

/** Makes the way of operations whose documents came before. */
export function createDirectExecution(options: DirectExecutionOptions): DirectExecution {
  const { schema, services, limits, rateLimiter, publishError, recordOperation, answers } = options;
  const documents = new KnownDocuments(schema);

  function isWithinLimits(
    { document, operation }: KnownOperation,
    variables: Admitted["variables"],
  ): boolean {
    try {
      limits.check({ schema, document, operation, variables: variables ?? undefined });
      return true;
    } catch {
      return false;
    }
  }

  function admit(posted: Posted): Admitted | undefined {
    const { head } = posted;
    const asked = readPlainRequest(posted.body);
    if (head === undefined || asked === undefined) return undefined;
    const known = documents.find(asked);
    if (known === undefined || !isWithinLimits(known, asked.variables)) return undefined;
    if (!rateLimiter.admits(posted.quotaKey)) return undefined;
    const requestId = requestIdFrom(posted.request.headers["x-request-id"]);
    return { posted, head, known, variables: asked.variables, requestId };
  }

  /** Never rejects. */
  async function answer(admitted: Admitted): Promise<void> {
    try {
      const context = contextOf(services, admitted);
      let outcome: Outcome;
      try {
        outcome = await admitted.known.execute(context, admitted.variables);
      } catch (error) {
        outcome = { errors: [error] };
      }
      tell(admitted, context, outcome);
    } catch (defect) {
      fail(admitted, defect);
    }
  }

  function tell(admitted: Admitted, context: GatewayContext, { data, errors: failures }: Outcome): void {
    const { posted, head, known, requestId } = admitted;
    const { type, name } = known;
    const { response, startedAt } = posted;
    const errors = failures?.map((error) => withRequestId(publishError(error), requestId));
    const body = JSON.stringify({ errors, data });
    send(response, head, statusOf(data, errors, head), requestId, body);
    const durationMs = performance.now() - startedAt;
    recordOperation({ requestId, type, name, transport: "http", durationMs, errors });
    const ingredients = type === "query" && errors === undefined ? context.ingredients() : undefined;
    if (ingredients !== undefined) answers.keep(posted, { operationName: name, ingredients, head, body });
  }

  /** Tells of a defect, such as a result too long for one text: otherwise it would end the process, and the client wait for ever. */
  function fail({ posted, head, known: { type, name }, requestId }: Admitted, defect: unknown): void {
    const { response, startedAt } = posted;
    try {
      const errors = [withRequestId(publishError(defect), requestId)];
      if (response.writableEnded) return;
      if (response.headersSent) response.destroy();
      else send(response, head, statusOf(undefined, errors, head), requestId, JSON.stringify({ errors }));
      const durationMs = performance.now() - startedAt;
      recordOperation({ requestId, type, name, transport: "http", durationMs, errors });
    } catch {
      response.destroy();
    }
  }

  return {
    execute(posted) {
      const admitted = admit(posted);
      if (admitted === undefined) return false;
      void answer(admitted);
      return true;
    },

    learn(posted, document) {
      const asked = readPlainRequest(posted.body);
      if (asked !== undefined) documents.learn(asked.query, document);
    },
  };
}
