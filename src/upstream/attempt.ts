import type { UpstreamCall } from "../ports.js";
import type { Authorization } from "./auth/authorization.js";
import { queryString } from "./auth/canonical-request.js";
import type { Credentials } from "./auth/credentials.js";
import { failureOfAnswer } from "./errors/answer-failure.js";
import type { Failure, FailureContext } from "./errors/failure.js";
import { failureOfTransport } from "./errors/transport-failure.js";
import type { UpstreamEvents } from "./events.js";
import { parseObject } from "./json.js";
import type { Health } from "./resilience/health.js";
import { dateOf } from "./resilience/retry-after.js";
import type { RestAnswer, RestRequest } from "./rest-request.js";
import { type HttpAnswer, type HttpRequest, type Transport, TransportError } from "./transport/messages.js";

/** How one attempt ended. */
export type AttemptResult =
  | { kind: "success"; answer: RestAnswer }
  | { kind: "failure"; failure: Failure; renewIdentity?: RenewIdentity };

/** After a refusal of the gateway's own identity: true when there is something better to try once. */
export type RenewIdentity = () => Promise<boolean>;

export interface AttemptOptions {
  /** Path of the endpoint, in front of `/v1`; "" when it has none. */
  basePath: string;
  transport: Transport;
  credentials: Pick<Credentials, "authorize">;
  health: Health;
  now: () => number;
  events: Pick<UpstreamEvents, "attempt">;
}

/** Makes one attempt of a call. Rejects only with the signal's reason, or for a credential that cannot be sent. */
export type Attempt = (call: UpstreamCall, request: RestRequest, timeoutMs: number) => Promise<AttemptResult>;

/** Sent once, and not cancelled once begun. */
export function isMutation({ group }: RestRequest): boolean {
  return group === "mutations";
}

/** What decides how a failure of this call is told. */
export function contextOf(call: UpstreamCall, request: RestRequest): FailureContext {
  return { mutation: isMutation(request), service: call.caller.credential.kind === "service" };
}

export function createAttempt(options: AttemptOptions): Attempt {
  const { basePath, transport, credentials, health, now, events } = options;

  function prepare(
    call: UpstreamCall,
    request: RestRequest,
  ): { httpRequest: HttpRequest; authorization: Authorization } {
    const path = `${basePath}/v1/${call.caller.projectId}${request.path}`;
    const { method, query = [], body = "" } = request;
    const unsigned = { method, path, query, body, host: transport.host };
    const authorization = credentials.authorize(call.caller, unsigned);
    const headers = { "Content-Type": "application/json", "X-Request-Id": call.requestId };
    const httpRequest = {
      method,
      path: query.length === 0 ? path : `${path}?${queryString(query)}`,
      headers: Object.assign(headers, authorization.headers),
      body,
    };
    return { httpRequest, authorization };
  }

  function interpret(
    answer: HttpAnswer,
    context: FailureContext,
    authorization: Authorization,
  ): AttemptResult {
    const serverTime = dateOf(answer.headers);
    health.recordTime(serverTime);
    const body = parseObject(answer.body);
    const failure = failureOfAnswer(answer, body, context, now());
    if (!failure) return { kind: "success", answer: { body: body ?? {}, text: answer.body } };
    if (!failure.identityRefused) return { kind: "failure", failure };
    return { kind: "failure", failure, renewIdentity: () => authorization.renew(serverTime) };
  }

  function recorded(result: AttemptResult, { route }: RestRequest, began: number): AttemptResult {
    const failure = result.kind === "failure" ? result.failure : undefined;
    health.record(failure?.unhealthy ? failure.error.message : undefined);
    events.attempt(route, failure?.error.code ?? "success", now() - began);
    return result;
  }

  return async (call, request, timeoutMs) => {
    const began = now();
    const context = contextOf(call, request);
    const signal = context.mutation ? undefined : call.signal;
    const { authorization, httpRequest } = prepare(call, request);
    try {
      const answer = await transport.send(httpRequest, { timeoutMs, signal });
      return recorded(interpret(answer, context, authorization), request, began);
    } catch (error) {
      if (error instanceof TransportError) {
        const failure = failureOfTransport(error, context);
        return recorded({ kind: "failure", failure }, request, began);
      }
      events.attempt(request.route, "cancelled", now() - began);
      throw error;
    }
  };
}
