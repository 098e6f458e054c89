import type { IncomingMessage, RequestListener } from "node:http";
import type { DocumentNode, OperationTypeNode } from "graphql";
import type { Caller } from "../../domain/index.js";
import type { Identity, IdentityHeaders } from "../../identity.js";
import type { Ingredients } from "../../ports.js";
import type { HttpEvents } from "../events.js";
import { requestIdFrom } from "../request-id.js";
import { type ClientAddress, identityHeaders } from "../request-info.js";
import { createAnswerCache } from "./answer-cache.js";
import { Departures } from "./departures.js";
import { createDirectExecution, type DirectExecutionOptions } from "./direct-execution.js";
import { formOf } from "./form.js";
import { Heads } from "./heads.js";
import { isShortPost, LONGEST_BODY, type Posted, readBody } from "./posted.js";

export interface FrontOptions extends Omit<DirectExecutionOptions, "answers" | "departures"> {
  /** The one path that it looks at. */
  path: string;
  identity: Identity;
  clientAddress: ClientAddress;
  events: HttpEvents;
  /** MAX_BODY_BYTES: longer requests are refused without being read. */
  maxBodyBytes: number;
  /** While the server closes, answers must end their connections: others see to that. */
  isClosing: () => boolean;
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

/** Makes the front of one HTTP server. */
export function createFront(options: FrontOptions): Front {
  const { path, identity, clientAddress, rateLimiter, recordOperation, events, isClosing } = options;
  const longestBody = Math.min(options.maxBodyBytes, LONGEST_BODY);
  const answers = createAnswerCache();
  const departures = new Departures();
  const heads = new Heads();
  const direct = createDirectExecution({ ...options, answers, departures });
  const handedOn = new WeakMap<IncomingMessage, Posted>();

  /** Undefined where there is nobody to whom anything was given before. */
  function callerOf(headers: IdentityHeaders): Caller | undefined {
    try {
      return identity.identify(headers);
    } catch {
      return undefined;
    }
  }

  /** False where there is no such answer, or a limit for others to tell of. */
  function giveAgain(posted: Posted): boolean {
    const { request, response, quotaKey, startedAt } = posted;
    const answer = answers.find(posted);
    if (answer === undefined || !rateLimiter.admits(quotaKey)) return false;
    const requestId = requestIdFrom(request.headers["x-request-id"]);
    answer.send(response, requestId, departures);
    events.answerRepeated();
    const durationMs = performance.now() - startedAt;
    recordOperation({ requestId, type: "query", name: answer.operationName, transport: "http", durationMs });
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
        const form = formOf(request);
        const head = heads.of(form);
        const posted = { request, response, body, caller, quotaKey, form, head, startedAt };
        if (!isClosing() && (giveAgain(posted) || direct.execute(posted))) return;
        handedOn.set(request, posted);
        next(request, response);
      });
    },

    bodyOf: (request) => handedOn.get(request)?.body,

    learn(request, { document, type, name, isWhole, ingredients, headers, body }) {
      const posted = handedOn.get(request);
      if (posted === undefined) return;
      const head = heads.learn(posted.form, headers);
      direct.learn(posted, document);
      if (type !== "query" || !isWhole || ingredients === undefined) return;
      answers.keep(posted, { operationName: name, ingredients, head, body });
    },
  };
}
