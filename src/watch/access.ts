import type { CancelSignal } from "../cancellation.js";
import type { Clock } from "../clock.js";
import type { Caller, JobWithVersions, LongId } from "../domain/index.js";
import { GatewayError, hasCode } from "../errors.js";
import type { Logger } from "../observability/logger.js";
import type { Proofs, UpstreamCall } from "../ports.js";
import { Alarm } from "./alarm.js";
import type { WatchEvents } from "./events.js";
import { backoffMs } from "./pace.js";

export type PollCall = (call: UpstreamCall, jobId: LongId) => Promise<JobWithVersions>;

export interface AccessOptions {
  caller: Caller;
  requestId: string;
  jobId: LongId;
  poll: PollCall;
  proofs: Proofs;
  clock: Clock;
  random: () => number;
  events: WatchEvents;
  log: Logger;
  /** The credential does not hold for this job (any more), or the job does not exist for it. */
  onRefused(error: GatewayError): void;
}

/** Failures that are about the credential, or about the job as this credential sees it; everything else passes. */
export function isRefusal(error: unknown): error is GatewayError {
  return hasCode(error, "UNAUTHENTICATED") || hasCode(error, "FORBIDDEN") || hasCode(error, "NOT_FOUND");
}

/** A definite answer of the upstream that asking again would not change. */
export function isRejection(error: unknown): error is GatewayError {
  return hasCode(error, "UPSTREAM_REJECTED") || hasCode(error, "BAD_USER_INPUT");
}

/**
 * One credential's access to one job. Proofs are renewed only when something is about to be given, by one call for all
 * subscribers of the credential; a poll made with it is a proof, too.
 */
export class JobAccess {
  /** True once the upstream has answered this credential with success for this job. */
  everProven = false;
  #check: Promise<boolean> | undefined;
  #closed = false;
  #provenTimes = 0;
  #alarm: Alarm;
  readonly #abort = new AbortController();

  constructor(private readonly options: AccessOptions) {
    this.#alarm = new Alarm(options.clock);
  }

  get caller(): Caller {
    return this.options.caller;
  }

  /** Resolves true when an event may be given now, false when it may never again. Waits while the upstream does not answer. */
  ensure(): Promise<boolean> {
    this.#check ??= this.#prove().finally(() => {
      this.#check = undefined;
    });
    return this.#check;
  }

  /** A call of the given priority with this credential. Records its outcome as a proof or the loss of it. */
  async call(priority: "lookup" | "poll", signal?: CancelSignal): Promise<JobWithVersions> {
    const { poll, caller, requestId, jobId } = this.options;
    try {
      const call = { caller, requestId, priority, ...(signal && { signal }) };
      const job = await poll(call, jobId);
      this.#proven();
      return job;
    } catch (error) {
      if (isRefusal(error)) this.options.proofs.revoke(caller, { jobId });
      throw error;
    }
  }

  /** Ends every subscription of this credential to this job. */
  refuse(error: GatewayError): void {
    this.close();
    this.options.onRefused(error);
  }

  /** Makes no more calls of its own. What is proven may still be given. */
  close(): void {
    this.#closed = true;
    this.#abort.abort();
    this.#alarm.ring();
  }

  #proven(): void {
    const { proofs, caller, jobId } = this.options;
    proofs.record(caller, { jobId });
    this.everProven = true;
    this.#provenTimes += 1;
    this.#alarm.ring();
  }

  async #holds(): Promise<boolean> {
    const { proofs, caller, jobId, log } = this.options;
    try {
      return await proofs.holds(caller, { jobId });
    } catch (error) {
      log.warn({ event: "watch_proof_unknown", err: error }, "Could not look up a proof of access");
      return false;
    }
  }

  async #prove(): Promise<boolean> {
    if (await this.#holds()) {
      this.everProven = true;
      return true;
    }
    const provenBefore = this.#provenTimes;
    this.#alarm = new Alarm(this.options.clock);
    for (let failures = 0; !this.#closed; failures += 1) {
      if (this.#provenTimes > provenBefore || (await this.#renew())) return !this.#closed;
      await this.#alarm.wait(backoffMs(failures, this.options.random));
    }
    return false;
  }

  /** One call only to prove access. False when it must be tried again. */
  async #renew(): Promise<boolean> {
    const { events, log } = this.options;
    try {
      await this.call("lookup", this.#abort.signal);
      events.proof("granted");
      return true;
    } catch (error) {
      if (this.#closed) return false;
      if (isRefusal(error) || (isRejection(error) && !this.everProven)) {
        events.proof("refused");
        this.refuse(error);
        return false;
      }
      events.proof("failed");
      const reason = error instanceof GatewayError ? error.code : "defect";
      log.debug({ event: "watch_proof_failed", reason }, "Could not renew a proof of access: trying again");
      return false;
    }
  }
}
