import type { CancelSignal } from "../../cancellation.js";
import type { CallOff, Clock } from "../../clock.js";

/** How long somebody waits. */
export interface Patience {
  clock: Clock;
  /** When it is too late (ms since the epoch). */
  deadline: number;
  signal: CancelSignal | undefined;
}

/**
 * Waits for work that goes on whoever waits.
 *
 * @returns its result, or `late` when the deadline passes first
 * @throws as the work does, or the signal's reason as soon as that aborts
 */
export async function waitWith<T, L>(patience: Patience, work: Promise<T>, late: L): Promise<T | L> {
  const { clock, deadline, signal } = patience;
  // Whoever has stopped waiting does not hear how it ended.
  work.catch(() => {});
  signal?.throwIfAborted();
  let onAbort = () => {};
  let callOff: CallOff = () => {};
  const given = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
  const tooLate = new Promise<L>((resolve) => {
    callOff = clock.after(Math.max(0, deadline - clock.now()), () => resolve(late));
  });
  try {
    return await Promise.race([work, given, tooLate]);
  } finally {
    callOff();
    signal?.removeEventListener("abort", onAbort);
  }
}
