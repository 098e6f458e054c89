import { setTimeout as sleep } from "node:timers/promises";
import { firstAnswer } from "./probe.js";
import type { Pinning } from "./process/pinning.js";
import { startServer } from "./process/server-process.js";
import { usageOf } from "./process/usage.js";
import type { Contestant, Surroundings } from "./servers.js";
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

async function startOnce(
  { title, command }: Contestant,
  pinning: Pinning,
  surroundings: Surroundings,
): Promise<Omit<Starts, "contestant"> | undefined> {
  try {
    const server = await startServer(command(surroundings, ""), firstAnswer, pinning);
    await sleep(IDLE_MS);
    const idleMiB = usageOf(server.pid).residentMiB;
    await server.stop();
    return { startMs: server.startMs, idleMiB };
  } catch (error) {
    console.error(`${title}: ${(error as Error).message}`);
    return undefined;
  }
}

/** Starts those who execute queries again and again, in turn. */
export async function measureStarts(
  contestants: readonly Contestant[],
  times: number,
  pinning: Pinning,
  surroundings: Surroundings,
): Promise<Starts[]> {
  const field = contestants.filter(({ fixedBody }) => fixedBody === undefined);
  const seen = field.map(({ title }) => ({ title, starts: [] as Omit<Starts, "contestant">[] }));
  for (let time = 0; time < times; time++) {
    for (const [index, contestant] of field.entries()) {
      const start = await startOnce(contestant, pinning, surroundings);
      if (start !== undefined) seen[index]?.starts.push(start);
    }
  }
  return seen
    .filter(({ starts }) => starts.length > 0)
    .map(({ title, starts }) => ({
      contestant: title,
      startMs: median(starts.map(({ startMs }) => startMs)),
      idleMiB: median(starts.map(({ idleMiB }) => idleMiB)),
    }));
}
