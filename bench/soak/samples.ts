import { setTimeout as sleep } from "node:timers/promises";
import type { GatewayProcess } from "./gateway.js";

/** Streams that are kept open: so many may be open at one moment and not at another. */
export const STREAMS = 20;

/** Columns of the table, and the metric that each shows. */
const WATCHED = {
  heapMb: { metric: "nodejs_heap_size_used_bytes", unit: 2 ** 20, slack: 15 },
  externalMb: { metric: "nodejs_external_memory_bytes", unit: 2 ** 20, slack: 10 },
  rssMb: { metric: "process_resident_memory_bytes", unit: 2 ** 20, slack: 40 },
  handles: { metric: "nodejs_active_handles_total", unit: 1, slack: 20 },
  lagMs: { metric: "nodejs_eventloop_lag_p99_seconds", unit: 0.001, slack: 100 },
  streams: { metric: "modelarts_gateway_open_streams", unit: 1, slack: STREAMS },
  subscribers: { metric: "modelarts_gateway_watch_subscribers", unit: 1, slack: STREAMS },
} as const;
export type Column = keyof typeof WATCHED;
export type Sample = Record<Column, number>;
const COLUMNS = Object.keys(WATCHED) as Column[];

function metricIn(text: string, name: string): number {
  const lines = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** What the gateway holds now, by its metrics. */
export async function takeSample(gateway: GatewayProcess): Promise<Sample> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const values = COLUMNS.map((column) => {
    const { metric, unit } = WATCHED[column];
    return [column, Math.round(metricIn(text, metric) / unit)];
  });
  return Object.fromEntries(values) as Sample;
}

/** Prints one line of the table. */
export function show(label: string, sample: Sample): void {
  console.log(
    `${label.padStart(8)} ${COLUMNS.map((name) => `${name} ${sample[name]}`.padEnd(16)).join(" ")}`,
  );
}

/** The columns that grew: the least of the last third is well above the least of the second, what came before being warm-up. */
export function grown(samples: readonly Sample[]): Column[] {
  const third = Math.floor(samples.length / 3);
  const least = (part: readonly Sample[], column: Column) =>
    Math.min(...part.map((sample) => sample[column]));
  return COLUMNS.filter((column) => {
    const before = least(samples.slice(third, 2 * third), column);
    return least(samples.slice(2 * third), column) > before * 1.2 + WATCHED[column].slack;
  });
}

/** What is still open once everybody has left; sockets that answer no close are let go after 30 s. */
export async function leftOpen(gateway: GatewayProcess): Promise<string[]> {
  const end = performance.now() + 40_000;
  for (;;) {
    const sample = await takeSample(gateway);
    const open = (["streams", "subscribers"] as const).filter((column) => sample[column] > 0);
    if (open.length === 0 || performance.now() > end) {
      show("at rest", sample);
      return open.map((column) => `${sample[column]} ${column} left open`);
    }
    await sleep(200);
  }
}
