import type { CircuitState } from "../events.js";
import { SlidingWindow } from "./sliding-window.js";

const WINDOW_MS = 10_000;
const MIN_CALLS = 10;
const OPEN_MS = 5_000;

/** How a call that was let through ended: `neutral` when it says nothing of the upstream, for instance a cancelled one. */
export type CallVerdict = "healthy" | "unhealthy" | "neutral";

/** Ends a call that was let through; call it exactly once. */
export type Settle = (verdict: CallVerdict) => void;

type State = { kind: "closed" } | { kind: "open"; until: number } | { kind: "half-open" };

/**
 * Opens when at least half of 10 or more calls in 10 seconds were unhealthy; lets one call try again after 5 seconds,
 * whose health closes it or opens it anew.
 */
export class Circuit {
  #state: State = { kind: "closed" };
  /** Calls that were let through in an earlier state have no say in the present one. */
  #generation = 0;
  readonly #window = new SlidingWindow(WINDOW_MS);

  constructor(
    private readonly now: () => number,
    private readonly onChange: (state: CircuitState) => void,
  ) {}

  /** Milliseconds until a call may be let through: 0 when one may now. */
  blockedFor(): number {
    if (this.#state.kind === "open") return Math.max(0, this.#state.until - this.now());
    return this.#state.kind === "half-open" ? OPEN_MS : 0;
  }

  /** Lets a call through; undefined when the circuit does not. */
  enter(): Settle | undefined {
    if (this.blockedFor() > 0) return undefined;
    if (this.#state.kind === "open") this.#become({ kind: "half-open" });
    const generation = this.#generation;
    return (verdict) => {
      if (generation !== this.#generation) return;
      if (this.#state.kind === "half-open") this.#settleTrial(verdict);
      else this.#settleCall(verdict);
    };
  }

  #settleCall(verdict: CallVerdict): void {
    if (verdict === "neutral") return;
    const now = this.now();
    this.#window.add(now, verdict === "unhealthy");
    const { total, failed } = this.#window.count(now);
    if (total >= MIN_CALLS && failed * 2 >= total) this.#open(OPEN_MS);
  }

  #settleTrial(verdict: CallVerdict): void {
    if (verdict === "healthy") this.#become({ kind: "closed" });
    else this.#open(verdict === "neutral" ? 0 : OPEN_MS);
  }

  #open(forMs: number): void {
    this.#window.clear();
    this.#become({ kind: "open", until: this.now() + forMs });
  }

  #become(state: State): void {
    this.#state = state;
    this.#generation += 1;
    this.onChange(state.kind);
  }
}
