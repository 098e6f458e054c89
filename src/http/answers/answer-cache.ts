import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { LRUCache } from "lru-cache";
import type { Caller } from "../../domain/index.js";
import type { Identity } from "../../identity.js";
import type { HttpEvents } from "../events.js";
import type { RateLimiter } from "../limits/index.js";
import type { RecordOperation } from "../operation-log.js";
import { requestIdFrom } from "../request-id.js";
import { type ClientAddress, identityHeaders } from "../request-info.js";
import { Answer, type AnswerParts } from "./answer.js";
import { Heads } from "./heads.js";
import { LONGEST_BODY, mayBeRepeated, type Posted, readBody } from "./posted.js";

const MEBIBYTE = 1024 * 1024;

export interface AnswerCacheOptions {
  /** The one path whose answers are kept. */
  path: string;
  identity: Identity;
  clientAddress: ClientAddress;
  rateLimiter: RateLimiter;
  recordOperation: RecordOperation;
  events: HttpEvents;
  /** MAX_BODY_BYTES: longer requests are refused without being read. */
  maxBodyBytes: number;
  /** Bound of the answers held, in bytes (32 MiB unless told). */
  maxBytes?: number;
}

/**
 * Whole answers to queries, given again without executing them while everything that they were made from holds. It is
 * asked before anything else looks at a request, and changes no answer but in its request id and date.
 */
export interface AnswerCache {
  /** A listener that gives known answers by itself and hands everything else on. */
  inFrontOf(next: RequestListener): RequestListener;
  /** The body of a request that was handed on after it was read. */
  bodyOf(request: IncomingMessage): Buffer | undefined;
  /** Keeps the answer to a query that has just been executed without an error. */
  keep(request: IncomingMessage, parts: AnswerParts): void;
}

/** One that is missing is not one that is empty. */
function written(field: string | undefined): string {
  return field === undefined ? "" : `=${field}`;
}

/** All that an answer depends on. */
function keyOf({ projectId, credentialId }: Caller, { headers }: IncomingMessage, body: Buffer): string {
  const fields = `${written(headers.accept)}\n${headers["content-type"]}\n${written(headers.origin)}`;
  return `${projectId}\n${credentialId}\n${fields}\n${body.toString("latin1")}`;
}

export function createAnswerCache(options: AnswerCacheOptions): AnswerCache {
  const { path, identity, clientAddress, rateLimiter, recordOperation, events } = options;
  const longestBody = Math.min(options.maxBodyBytes, LONGEST_BODY);
  const answers = new LRUCache<string, Answer>({ maxSize: options.maxBytes ?? 32 * MEBIBYTE });
  const heads = new Heads();
  const posted = new WeakMap<IncomingMessage, Posted>();

  /** Undefined where there is nobody to whom anything was given before. */
  function callerOf(request: IncomingMessage): Caller | undefined {
    try {
      return identity.identify(identityHeaders(request.headers));
    } catch {
      return undefined;
    }
  }

  /** False where the limit is reached; whoever refuses it counts it. */
  function isAdmitted(request: IncomingMessage): boolean {
    try {
      rateLimiter.consume(identity.quotaKey(identityHeaders(request.headers), () => clientAddress(request)));
      return true;
    } catch {
      return false;
    }
  }

  /** One that is not true at the moment stays: it is again while somebody fetches what has come to its end, and is replaced then. */
  function find(key: string): Answer | undefined {
    const answer = answers.get(key);
    return answer?.isStillTrue() ? answer : undefined;
  }

  function give(answer: Answer, request: IncomingMessage, response: ServerResponse, startedAt: number): void {
    const requestId = requestIdFrom(request.headers["x-request-id"]);
    answer.send(response, requestId);
    events.answerRepeated();
    recordOperation({
      requestId,
      type: "query",
      name: answer.operationName,
      transport: "http",
      durationMs: performance.now() - startedAt,
    });
  }

  return {
    inFrontOf: (next) => (request, response) => {
      const caller = mayBeRepeated(request, path, longestBody) ? callerOf(request) : undefined;
      if (caller === undefined) return next(request, response);
      readBody(request, (body) => {
        const startedAt = performance.now();
        const key = keyOf(caller, request, body);
        const answer = find(key);
        if (answer !== undefined && isAdmitted(request)) return give(answer, request, response, startedAt);
        posted.set(request, { body, key });
        next(request, response);
      });
    },

    bodyOf: (request) => posted.get(request)?.body,

    keep(request, parts) {
      const key = posted.get(request)?.key;
      if (key === undefined || !parts.ingredients.hold()) return;
      const answer = new Answer(parts, heads);
      answers.set(key, answer, { size: key.length + answer.size });
    },
  };
}
