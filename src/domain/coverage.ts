import type { Coverage } from "./training-job.js";

const SUMMARY_FIELDS: ReadonlySet<string> = new Set([
  "__typename",
  "jobId",
  "jobName",
  "jobDesc",
  "versionId",
  "status",
  "statusCode",
  "terminal",
  "createTime",
  "duration",
]);

/** The smallest {@link Coverage} that holds that field of a version. */
export function coverageOfField(name: string): Coverage {
  if (name === "specCode") return "details";
  return SUMMARY_FIELDS.has(name) ? "summary" : "list";
}
