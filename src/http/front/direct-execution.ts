import type { DocumentNode, GraphQLFormattedError, GraphQLSchema } from "graphql";
import { GatewayContext, type Services } from "../../context.js";
import { clientGone } from "../client-gone.js";
import type { QueryLimits, RateLimiter } from "../limits/index.js";
import type { RecordOperation } from "../operation-log.js";
import { type PublishError, withRequestId } from "../public-error.js";
import { requestIdFrom } from "../request-id.js";
import { statusInMediaType, statusOfRequestError } from "../result-status.js";
import type { AnswerCache } from "./answer-cache.js";
import type { Departures } from "./departures.js";
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
  departures: Departures;
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

function send(
  departures: Departures,
  { posted, head, requestId }: Admitted,
  status: number,
  body: string,
): void {
  const bytes = Buffer.byteLength(body);
  head.write(posted.response, status, String(bytes), requestId);
  departures.end(posted.response, body, bytes);
}

function contextOf(services: Services, { posted, requestId }: Admitted): GatewayContext {
  const { caller, quotaKey, response } = posted;
  const signal = clientGone(response);
  return new GatewayContext(services, { requestId, identify: () => caller, quotaKey, signal });
}

/** Makes the way of operations whose documents came before. */
export function createDirectExecution(options: DirectExecutionOptions): DirectExecution {
  const { schema, services, limits, rateLimiter, publishError, recordOperation, answers, departures } =
    options;
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
    const { startedAt } = posted;
    const errors = failures?.map((error) => withRequestId(publishError(error), requestId));
    const body = JSON.stringify({ errors, data });
    send(departures, admitted, statusOf(data, errors, head), body);
    const durationMs = performance.now() - startedAt;
    recordOperation({ requestId, type, name, transport: "http", durationMs, errors });
    const ingredients = type === "query" && errors === undefined ? context.ingredients() : undefined;
    if (ingredients !== undefined) answers.keep(posted, { operationName: name, ingredients, head, body });
  }

  /** Tells of a defect, such as a result too long for one text: otherwise it would end the process, and the client wait for ever. */
  function fail(admitted: Admitted, defect: unknown): void {
    const { posted, head, known, requestId } = admitted;
    const { type, name } = known;
    const { response, startedAt } = posted;
    try {
      const errors = [withRequestId(publishError(defect), requestId)];
      if (departures.hasEnded(response)) return;
      if (response.headersSent) response.destroy();
      else send(departures, admitted, statusOf(undefined, errors, head), JSON.stringify({ errors }));
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
