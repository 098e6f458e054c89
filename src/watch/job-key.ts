import type { LongId } from "../domain/index.js";
import type { JobKey } from "./ports.js";

/** The text by which a job is kept in maps, keys and messages. Neither part can hold a colon. */
export function jobKeyText({ projectId, jobId }: JobKey): string {
  return `${projectId}:${jobId}`;
}

/** The job that a {@link jobKeyText} stands for. */
export function jobKeyOf(text: string): JobKey {
  const [projectId = "", jobId = ""] = text.split(":");
  return { projectId, jobId: jobId as LongId };
}
