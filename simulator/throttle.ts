import { Refusal } from "./answers.js";
import type { SimulatorClock } from "./clock.js";

export interface ThrottleOptions {
  /** How many calls one address may make in a window. */
  calls: number;
  windowMs: number;
}

/** The 429 of the API gateway. */
export function throttled(retryAfter: string | undefined): Refusal {
  return new Refusal(
    429,
    "APIGW.0308",
    "The throttling threshold has been reached: policy ip over ratelimit",
    retryAfter === undefined ? {} : { "Retry-After": retryAfter },
  );
}

/** Counts calls per address in fixed windows of the simulator's clock. */
export class Throttle {
  readonly #clock: SimulatorClock;
  #options: ThrottleOptions | undefined;
  #windowStart = 0;
  #calls = new Map<string, number>();

  constructor(clock: SimulatorClock, options: ThrottleOptions | undefined) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Starts a new window with these limits; undefined lifts them. */
  configure(options: ThrottleOptions | undefined): void {
    this.#options = options;
    this.#windowStart = 0;
    this.#calls.clear();
  }

  /** Counts a call; throws the 429 beyond the limit. */
  admit(address: string): void {
    if (!this.#options) return;
    const { calls, windowMs } = this.#options;
    const now = this.#clock.now();
    if (now >= this.#windowStart + windowMs) {
      this.#windowStart = now;
      this.#calls.clear();
    }
    const made = (this.#calls.get(address) ?? 0) + 1;
    this.#calls.set(address, made);
    if (made > calls) {
      throw throttled(String(Math.ceil((this.#windowStart + windowMs - now) / 1_000)));
    }
  }
}
