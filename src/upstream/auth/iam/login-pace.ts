const TRANSIENT = { baseMs: 1_000, maxMs: 60_000 };

/** IAM locks users out after a handful of wrong passwords within 15 minutes, by the vendor's default policy. */
const REJECTED = { baseMs: 60_000, maxMs: 15 * 60_000 };

/** A token that was refused later than that had been good. */
const SETTLED_MS = 60_000;

/** What makes the next login wait. */
export interface FailedLogin {
  /** IAM does not let this user in. */
  rejected: boolean;
  /** How long IAM asked to wait. */
  retryAfterMs?: number;
}

/** Keeps logins apart: exponentially while they fail, and while their tokens are refused soon after. Half of each wait is jitter. */
export class LoginPace {
  #notBefore = Number.NEGATIVE_INFINITY;
  #worthWaiting = true;
  #failures = 0;
  #refusals = 0;

  /** @param random from 0 to 1 */
  constructor(private readonly random: () => number) {}

  /** Milliseconds until a login may be tried; 0 when it may now. */
  waitMs(now: number): number {
    return Math.max(0, this.#notBefore - now);
  }

  /** False when the next login will hardly end better than the last one. */
  get worthWaiting(): boolean {
    return this.#worthWaiting;
  }

  failed(now: number, { rejected, retryAfterMs = 0 }: FailedLogin): void {
    const delayMs = this.#backoff(this.#failures, rejected ? REJECTED : TRANSIENT);
    this.#failures += 1;
    this.#worthWaiting = !rejected;
    this.#notBefore = now + Math.max(delayMs, retryAfterMs);
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** A token was refused. The first time another is asked for at once, from then on ever later if none is any better. */
  refused(now: number, obtainedAt: number): void {
    if (now - obtainedAt > SETTLED_MS) this.#refusals = 0;
    this.#refusals += 1;
    if (this.#refusals === 1) return;
    this.#worthWaiting = false;
    this.#notBefore = Math.max(this.#notBefore, obtainedAt + this.#backoff(this.#refusals - 2, TRANSIENT));
  }

  /** What was known does not hold any more: there is another password. */
  reset(): void {
    this.#notBefore = Number.NEGATIVE_INFINITY;
    this.#failures = 0;
  }

  #backoff(attempt: number, { baseMs, maxMs }: typeof TRANSIENT): number {
    const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 20));
    return Math.round(ceiling * (0.5 + this.random() / 2));
  }
}
