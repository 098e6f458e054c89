import { setTimeout as sleep } from "node:timers/promises";
import { firstAnswer, type Upstream } from "./probe.js";
import type { Pinning } from "./process/pinning.js";
import { startServer } from "./process/server-process.js";
import { usageOf } from "./process/usage.js";
import type { Contestant } from "./servers.js";
import { median } from "./statistics.js";

const IDLE_MS = 500;

/** A contestant's starts. */
export interface Starts {
  contestant: string;
  /** Median time from the start of the process to its first right status. */
  startMs: number;
  /** Median resident memory when it has answered one query and idled half a second. */
  idleMiB: number;
}

/** Starts those who execute queries again and again, in turn. */
export async function measureStarts(
  contestants: readonly Contestant[],
  times: number,
  pinning: Pinning,
  upstream: Upstream,
): Promise<Starts[]> {
  const field = contestants.filter(({ fixedBody }) => fixedBody === undefined);
  const seen = new Map<string, { startMs: number[]; idleMiB: number[] }>(
    field.map(({ title }) => [title, { startMs: [], idleMiB: [] }]),
  );
  for (let time = 0; time < times; time++) {
    for (const { title, command } of field) {
      const server = await startServer(command(upstream.url, ""), firstAnswer, pinning);
      await sleep(IDLE_MS);
      seen.get(title)?.startMs.push(server.startMs);
      seen.get(title)?.idleMiB.push(usageOf(server.pid).residentMiB);
      await server.stop();
    }
  }
  if (times === 0) return [];
  return [...seen].map(([contestant, { startMs, idleMiB }]) => ({
    contestant,
    startMs: median(startMs),
    idleMiB: median(idleMiB),
  }));
}
