import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in a file that was run, as V8 counts: from 0. */
export interface Place {
  url: string;
  lineNumber: number;
  columnNumber: number;
}

const maps = new Map<string, SourceMap | undefined>();

function mapOf(url: string): SourceMap | undefined {
  if (!maps.has(url)) maps.set(url, readMap(url));
  return maps.get(url);
}

function readMap(url: string): SourceMap | undefined {
  if (!url.startsWith("file:")) return undefined;
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, "utf8")));
  } catch {
    return undefined;
  }
}

/** The path and line from which that place was built; what was not built stands for itself. */
export function sourceOf({ url, lineNumber, columnNumber }: Place): { path: string; line: number } {
  const entry = mapOf(url)?.findEntry(lineNumber, columnNumber);
  if (entry === undefined || !("originalSource" in entry)) return { path: url, line: lineNumber + 1 };
  return {
    path: join(dirname(fileURLToPath(url)), entry.originalSource),
    line: entry.originalLine + 1,
  };
}
