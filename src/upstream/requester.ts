import type { Clock } from "../clock.js";
import { GatewayError } from "../errors.js";
import type { Logger } from "../observability/logger.js";
import type { UpstreamCall } from "../ports.js";
import { type Attempt, type AttemptResult, contextOf, isMutation } from "./attempt.js";
import { IdentityUnavailable } from "./auth/authorization.js";
import type { Credentials } from "./auth/credentials.js";
import { type Failure, outcomeOf } from "./errors/failure.js";
import { failureOfIdentity } from "./errors/identity-failure.js";
import type { UpstreamEvents } from "./events.js";
import { retryDelayMs } from "./resilience/backoff.js";
import type { CallBudget } from "./resilience/call-budget.js";
import type { Circuit, Settle } from "./resilience/circuit.js";
import type { Circuits } from "./resilience/circuits.js";
import type { Gate } from "./resilience/gate.js";
import { waitWith } from "./resilience/patience.js";
import type { Turn } from "./resilience/waiting-room.js";
import type { Requester, RestAnswer, RestRequest } from "./rest-request.js";

export interface RequesterOptions {
  /** One attempt. */
  timeoutMs: number;
  /** All attempts of one lookup together; for a mutation, how long it may wait until it is sent. */
  budgetMs: number;
  attempt: Attempt;
  credentials: Pick<Credentials, "ready">;
  circuits: Circuits;
  gate: Gate;
  budget: CallBudget;
  clock: Clock;
  random: () => number;
  log: Logger;
  events: UpstreamEvents;
}

/** One call with what holds for all its attempts, each of which waits for its turn. */
interface Job extends Turn {
  call: UpstreamCall;
  request: RestRequest;
  circuit: Circuit;
}

/** Told where a login takes longer than a caller can wait. */
const LOGIN_RETRY_AFTER_MS = 1_000;

type Failed = AttemptResult & { kind: "failure" };

function circuitOpen(job: Job, retryAfterMs: number): GatewayError {
  return new GatewayError(
    "UPSTREAM_UNAVAILABLE",
    "ModelArts has been failing: this gateway is giving it a moment before it asks again.",
    { ...outcomeOf(contextOf(job.call, job.request), "not-sent"), retryAfterMs },
  );
}

/**
 * Makes calls: each attempt passes the gateway's login where there is one, the circuit, the call budget and the gate to the
 * connections, in this order, and failed ones are made again as far as that is harmless and the budget lasts.
 *
 * A call for which the upstream refused the gateway's own identity is sent once more after a renewal, a mutation too: a
 * refused credential is a definite answer, given before anything was carried out.
 */
export class RetryingRequester implements Requester<UpstreamCall> {
  constructor(private readonly options: RequesterOptions) {}

  deadline(): number {
    return this.options.clock.now() + this.options.budgetMs;
  }

  read(call: UpstreamCall, request: RestRequest, deadline = this.deadline()): Promise<RestAnswer> {
    return this.#perform(call, request, deadline);
  }

  write(call: UpstreamCall, request: RestRequest): Promise<RestAnswer> {
    return this.#perform({ ...call, priority: "mutation" }, request, this.deadline());
  }

  async #perform(call: UpstreamCall, request: RestRequest, deadline: number): Promise<RestAnswer> {
    const { signal, priority, caller } = call;
    const { projectId, credential } = caller;
    signal?.throwIfAborted();
    const circuit = this.options.circuits.of(projectId, request.group);
    const job: Job = { call, request, deadline, signal, priority, projectId, circuit };
    const isOwn = credential.kind === "service";
    let mayRenew = true;
    for (let attempt = 0; ; attempt++) {
      const result = (isOwn && (await this.#identityFailure(job))) || (await this.#attempt(job));
      if (result.kind === "success") return result.answer;
      const renewed = mayRenew && (await this.#renewedIdentity(job, result));
      this.#report(job, result.failure, attempt, renewed);
      if (renewed) mayRenew = false;
      else await this.#pause(job, result.failure, attempt);
    }
  }

  /** Waits until the gateway has an identity of its own. It takes no turn meanwhile. */
  async #identityFailure(job: Job): Promise<AttemptResult | undefined> {
    const late = new IdentityUnavailable(true, LOGIN_RETRY_AFTER_MS);
    const failure = await this.#wait(job, this.options.credentials.ready(job.call.caller), late).catch(
      (error: unknown) => error,
    );
    if (failure === undefined) return undefined;
    if (!(failure instanceof IdentityUnavailable)) throw failure;
    return { kind: "failure", failure: failureOfIdentity(failure, contextOf(job.call, job.request)) };
  }

  #wait<T, L>({ deadline, signal }: Job, work: Promise<T>, late: L): Promise<T | L> {
    return waitWith({ clock: this.options.clock, deadline, signal }, work, late);
  }

  async #attempt(job: Job): Promise<AttemptResult> {
    const blockedMs = job.circuit.blockedFor();
    if (blockedMs > 0) throw circuitOpen(job, blockedMs);
    const turn = this.#turnOf(job);
    if (turn !== undefined) await turn;
    let settle: Settle | undefined;
    try {
      settle = this.#enterCircuit(job);
      const result = await this.options.attempt(job.call, job.request, this.#timeoutOf(job));
      settle(result.kind === "failure" && result.failure.unhealthy ? "unhealthy" : "healthy");
      return result;
    } catch (error) {
      settle?.("neutral");
      throw error;
    } finally {
      this.options.gate.leave();
    }
  }

  /** Resolves when it is this attempt's turn; undefined where it is at once. Whoever was let in must leave the gate. */
  #turnOf(job: Job): Promise<void> | undefined {
    const { budget, gate, events } = this.options;
    const permitted = budget.acquire(job);
    const entered = permitted === undefined ? gate.enter(job) : permitted.then(() => gate.enter(job));
    return entered?.catch((error: unknown) => {
      if (error instanceof GatewayError) events.shed(job.request.route);
      throw error;
    });
  }

  #enterCircuit(job: Job): Settle {
    const settle = job.circuit.enter();
    if (!settle) throw circuitOpen(job, job.circuit.blockedFor());
    return settle;
  }

  /** A mutation that has begun gets its whole time; a lookup what is left of its budget. */
  #timeoutOf({ request, deadline }: Job): number {
    const { timeoutMs, clock } = this.options;
    if (isMutation(request)) return timeoutMs;
    return Math.max(1, Math.min(timeoutMs, deadline - clock.now()));
  }

  async #renewedIdentity(job: Job, { renewIdentity }: Failed): Promise<boolean> {
    return renewIdentity !== undefined && this.#wait(job, renewIdentity(), false);
  }

  /** Waits before the next attempt; throws the failure when there shall be none. */
  async #pause({ request, deadline, signal }: Job, failure: Failure, attempt: number): Promise<void> {
    const { clock, random, events } = this.options;
    const remainingMs = deadline - clock.now();
    const { retryAfterMs } = failure;
    const delayMs = failure.retryable
      ? retryDelayMs({ attempt, remainingMs, retryAfterMs, random })
      : undefined;
    if (delayMs === undefined) throw failure.error;
    events.retry(request.route, failure.error.code);
    await clock.sleep(delayMs, signal);
  }

  #report({ call, request }: Job, failure: Failure, attempt: number, renewed: boolean): void {
    const { code, details } = failure.error;
    const fields = {
      route: request.route,
      requestId: call.requestId,
      projectId: call.caller.projectId,
      code,
      status: details.upstream?.status,
      errorCode: details.upstream?.errorCode,
      attempt,
    };
    const { log, events } = this.options;
    if (failure.identityRefused) events.identityRefused(renewed ? "renewed" : "given-up");
    if (!failure.identityRefused) {
      log.debug({ event: "upstream_attempt_failed", ...fields }, "A call to ModelArts failed.");
    } else if (renewed) {
      const message = "ModelArts refused this gateway's identity: trying a renewed one.";
      log.warn({ event: "service_identity_renewed", ...fields }, message);
    } else {
      log.error(
        { event: "service_identity_refused", ...fields },
        "ModelArts refused this gateway's identity.",
      );
    }
  }
}
