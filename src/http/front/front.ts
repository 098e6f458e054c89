import type { IncomingMessage, RequestListener } from "node:http";
import type { DocumentNode, OperationTypeNode } from "graphql";
import type { Caller } from "../../domain/index.js";
import type { Identity, IdentityHeaders } from "../../identity.js";
import type { Ingredients } from "../../ports.js";
import type { HttpEvents } from "../events.js";
import type { RateLimiter } from "../limits/index.js";
import type { RecordOperation } from "../operation-log.js";
import { requestIdFrom } from "../request-id.js";
import { type ClientAddress, identityHeaders } from "../request-info.js";
import { createAnswerCache } from "./answer-cache.js";
import {
  createDirectExecution,
  type DirectExecutionOptions,
  type KnownRequest,
  statusOf,
} from "./direct-execution.js";
import { formOf } from "./form.js";
import { type Head, Heads } from "./heads.js";
import { KnownDocuments } from "./known-documents.js";
import { readPlainRequest } from "./plain-request.js";
import { isShortPost, LONGEST_BODY, type Posted, readBody } from "./posted.js";

export interface FrontOptions extends DirectExecutionOptions {
  /** The one path that it looks at. */
  path: string;
  identity: Identity;
  clientAddress: ClientAddress;
  rateLimiter: RateLimiter;
  recordOperation: RecordOperation;
  events: HttpEvents;
  /** MAX_BODY_BYTES: longer requests are refused without being read. */
  maxBodyBytes: number;
}

/** What became of an operation that was handed on and executed. */
export interface Executed {
  document: DocumentNode;
  type: OperationTypeNode;
  name: string | null;
  /** Answered without an error. */
  isWhole: boolean;
  ingredients: Ingredients | undefined;
  /** All that the answer was sent with. */
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/**
 * Answers by itself what it has seen before, and hands everything else on, refusals included: whole answers to queries are
 * given again while they are true, and operations whose document was found valid are executed at once. An answer of its own
 * differs from the one it learned from in nothing but its request id and date.
 */
export interface Front {
  inFrontOf(next: RequestListener): RequestListener;
  /** The body of a request that was handed on after it was read. */
  bodyOf(request: IncomingMessage): Buffer | undefined;
  /** Takes note of what a request that was handed on came to. */
  learn(request: IncomingMessage, executed: Executed): void;
}

export function createFront(options: FrontOptions): Front {
  const { path, identity, clientAddress, rateLimiter, recordOperation, events } = options;
  const longestBody = Math.min(options.maxBodyBytes, LONGEST_BODY);
  const answers = createAnswerCache();
  const heads = new Heads();
  const documents = new KnownDocuments(options.schema);
  const execution = createDirectExecution(options);
  const handedOn = new WeakMap<IncomingMessage, Posted>();

  /** Undefined where there is nobody to whom anything was given before. */
  function callerOf(headers: IdentityHeaders): Caller | undefined {
    try {
      return identity.identify(headers);
    } catch {
      return undefined;
    }
  }

  function giveAgain(posted: Posted): boolean {
    const answer = answers.find(posted);
    if (answer === undefined || !rateLimiter.admits(posted.quotaKey)) return false;
    const requestId = requestIdFrom(posted.request.headers["x-request-id"]);
    answer.send(posted.response, requestId);
    events.answerRepeated();
    recordOperation({
      requestId,
      type: "query",
      name: answer.operationName,
      transport: "http",
      durationMs: performance.now() - posted.startedAt,
    });
    return true;
  }

  async function answer(request: KnownRequest, head: Head): Promise<void> {
    const { posted, known, requestId } = request;
    const result = await execution.run(request);
    const { errors, body, ingredients } = result;
    head.write(posted.response, statusOf(result, head), String(Buffer.byteLength(body)), requestId);
    posted.response.end(body);
    recordOperation({
      requestId,
      type: known.type,
      name: known.name,
      transport: "http",
      durationMs: performance.now() - posted.startedAt,
      errors,
    });
    if (known.type === "query" && ingredients !== undefined) {
      answers.keep(posted, { operationName: known.name, ingredients, head, body });
    }
  }

  function executeKnown(posted: Posted): boolean {
    const head = heads.of(posted.form);
    const asked = head && readPlainRequest(posted.body);
    const known = asked && documents.find(asked);
    if (head === undefined || known === undefined) return false;
    const requestId = requestIdFrom(posted.request.headers["x-request-id"]);
    const request: KnownRequest = { posted, known, variables: asked?.variables, requestId };
    if (!execution.isWithinLimits(request) || !rateLimiter.admits(posted.quotaKey)) return false;
    void answer(request, head);
    return true;
  }

  return {
    inFrontOf: (next) => (request, response) => {
      if (!isShortPost(request, path, longestBody)) return next(request, response);
      const headers = identityHeaders(request.headers);
      const caller = callerOf(headers);
      if (caller === undefined) return next(request, response);
      readBody(request, (body) => {
        const startedAt = performance.now();
        const quotaKey = identity.quotaKey(headers, () => clientAddress(request));
        const posted: Posted = {
          request,
          response,
          body,
          caller,
          quotaKey,
          form: formOf(request),
          startedAt,
        };
        if (giveAgain(posted) || executeKnown(posted)) return;
        handedOn.set(request, posted);
        next(request, response);
      });
    },

    bodyOf: (request) => handedOn.get(request)?.body,

    learn(request, { document, type, name, isWhole, ingredients, headers, body }) {
      const posted = handedOn.get(request);
      if (posted === undefined) return;
      const head = heads.learn(posted.form, headers);
      const asked = readPlainRequest(posted.body);
      if (asked !== undefined) documents.learn(asked.query, document);
      if (type === "query" && isWhole && ingredients !== undefined) {
        answers.keep(posted, { operationName: name, ingredients, head, body });
      }
    },
  };
}
