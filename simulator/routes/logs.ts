import { invalidValue, success } from "../answers.js";
import type { ApiRequest, Handler, World } from "../api.js";
import { createRandom, hashOf } from "../random.js";
import type { Version } from "../store/entities.js";
import { durationAt, startedAt } from "../store/lifecycle.js";
import { LONG_MAX } from "../validation/fields.js";
import { queryChoice, queryInteger } from "../validation/query.js";
import { styled, styleFor } from "../wire/habits.js";
import { addressedVersion } from "./versions.js";

/** A training writes one line every five seconds while it runs, and never more than this. */
const LINE_INTERVAL_MS = 5_000;
const MAX_LINES = 2_000;

/** One file for a single-node version, one per node for a distributed one. */
function fileNames(version: Version): string[] {
  return Array.from(
    { length: version.config.worker_server_num },
    (_, node) => `job-${version.id}-${version.name}-worker-${node}.log`,
  );
}

/** "Obtaining the Name of a Training Job Log File". */
export const listLogFiles: Handler = (request, world) =>
  success({ log_file_list: fileNames(addressedVersion(request, world)) });

/** A line's cursor: nanoseconds since the epoch, 19 digits. */
interface LogLine {
  cursor: bigint;
  text: string;
}

/** What the version has logged by now; the same lines every time, and more while it runs. */
function linesOf(version: Version, file: string, now: number): LogLine[] {
  const start = startedAt(version.timeline, now);
  if (start === undefined) return [];
  const count = Math.min(MAX_LINES, 1 + Math.floor(durationAt(version.timeline, now) / LINE_INTERVAL_MS));
  const random = createRandom(hashOf(file));
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * LINE_INTERVAL_MS;
    const loss = (3 / (1 + index / 10) + random() / 10).toFixed(4);
    return {
      cursor: BigInt(at) * 1_000_000n + BigInt(2 + index),
      text: `[${new Date(at).toISOString()}] step ${index * 100}: loss = ${loss}`,
    };
  });
}

/** The lines asked for: the latest without a cursor, else the next (`desc`) or previous (`asc`) ones. */
function select(lines: LogLine[], base: bigint | undefined, count: number, order: "asc" | "desc"): LogLine[] {
  if (count === 0) return [];
  if (base === undefined) return lines.slice(-count);
  if (order === "desc") return lines.filter((line) => line.cursor > base).slice(0, count);
  return lines.filter((line) => line.cursor < base).slice(-count);
}

function selected(request: ApiRequest, world: World, version: Version): LogLine[] {
  const { query } = request;
  const file = query.get("log_file") ?? "";
  if (!fileNames(version).includes(file)) throw invalidValue("log_file must name a log file of the version.");
  const base = queryInteger(query, "base_line", { min: 0n, max: LONG_MAX, default: 0n });
  const count = queryInteger(query, "lines", { min: 0n, max: 500n, default: 50n });
  const order = queryChoice(query, "order", ["desc", "asc"]);
  const lines = linesOf(version, file, world.store.now());
  return select(lines, base === 0n ? undefined : base, Number(count), order);
}

/** "Querying Training Job Logs": the cursors have 19 digits, as bare integers. */
export const readLog: Handler = (request, world) => {
  const version = addressedVersion(request, world);
  const lines = selected(request, world, version);
  const answer = {
    content: lines.map((line) => `${line.text}\n`).join(""),
    lines: lines.length,
    start_line: lines[0]?.cursor,
    end_line: lines.at(-1)?.cursor,
  };
  return success(styled(answer, styleFor(world.habits(), `readLog/${version.id}`)));
};
