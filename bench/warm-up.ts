import type { Load } from "./load/load.js";
import type { Scenario } from "./work/scenarios.js";

const WARM_UP_REQUESTS = 3_000;
/** In lengths of the usual one. */
const LONGEST_WARM_UP = 4;

/** Until V8 has compiled what is hot, which takes requests rather than time; the slowest have to do with fewer. */
export async function warmUp(load: Load, scenario: Scenario, warmUpMs: number): Promise<void> {
  let { requests, elapsedMs } = await load.run(warmUpMs, scenario.keys ?? 0);
  while (requests < WARM_UP_REQUESTS && elapsedMs < warmUpMs * LONGEST_WARM_UP) {
    const more = await load.run(warmUpMs);
    requests += more.requests;
    elapsedMs += more.elapsedMs;
  }
}
