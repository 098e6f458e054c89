import type { CallOff, Clock } from "../clock.js";

/** A sleep that can be cut short. At most one waits at a time. */
export class Alarm {
  #rung = false;
  #wake: () => void = () => {};

  constructor(private readonly clock: Clock) {}

  /** Resolves after `ms` milliseconds (never, when infinite) or with {@link ring}; at once when it rang since the last wait. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung && ms > 0) await this.#sleep(ms);
    this.#rung = false;
  }

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  async #sleep(ms: number): Promise<void> {
    let callOff: CallOff = () => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (Number.isFinite(ms)) callOff = this.clock.after(Math.min(ms, MAX_SLEEP_MS), resolve);
    });
    callOff();
  }
}

// Node's timers overflow beyond 2^31 - 1 ms; whoever waits looks at the time again afterwards.
const MAX_SLEEP_MS = 2 ** 31 - 1;
