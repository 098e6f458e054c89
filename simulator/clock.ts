/** The simulated upstream's idea of the time. */
export interface SimulatorClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Goes `ms` milliseconds ahead at once. */
  advance(ms: number): void;
}

export interface ClockOptions {
  /** `real` goes on with the machine's clock; `manual` stands still until it is advanced. */
  mode: "real" | "manual";
  /** What the clock shows at first, in ms since the epoch; the machine's time unless given. */
  startAt?: number;
}

export function createClock({ mode, startAt = Date.now() }: ClockOptions): SimulatorClock {
  const startedAt = Date.now();
  let ahead = 0;
  return {
    now: () => Math.floor(startAt + ahead + (mode === "real" ? Date.now() - startedAt : 0)),
    advance(ms) {
      if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`a clock cannot be advanced by ${ms} ms`);
      ahead += ms;
    },
  };
}
