import { type JobWithVersions, statusFromCode } from "../domain/index.js";
import type { HistoryEntry } from "./ports.js";

/** True for the news of a version whose status will change again. */
export function canGoOn(entry: HistoryEntry): boolean {
  return entry.kind === "status" && !statusFromCode(entry.statusCode).terminal;
}

/** True when there are versions, and none can change by itself. */
export function isAllTerminal(found: JobWithVersions | "gone"): boolean {
  return found !== "gone" && found.versions.length > 0 && found.versions.every(({ terminal }) => terminal);
}
