import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the condition holds and returns what it returned; throws, naming it, when the deadline passes first. */
export async function until<T>(
  description: string,
  condition: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  deadlineMs = 10_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${description}`);
    await sleep(5);
  }
}
