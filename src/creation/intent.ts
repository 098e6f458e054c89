import { createHash } from "node:crypto";
import { type LongId, type NewVersion, withDefaultEngine } from "../domain/index.js";

/** What one idempotency key stands for, as hashes: neither the key nor the input is stored. */
export interface Intent {
  projectId: string;
  jobId: LongId;
  /** Stands for the key within its project. */
  keyId: string;
  /** Stands for the whole input as it would be forwarded. */
  fingerprint: string;
  /** Stands for the job and the config alone: what two versions have in common that reconciliation could mix up. */
  configFingerprint: string;
}

function hash(...parts: string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}

/** JSON with sorted names and without absent fields: the same text for the same content. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined && field !== null)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(",")}}`;
}

/** The intent of a creation with that key in that project. */
export function intentOf(projectId: string, key: string, version: NewVersion): Intent {
  const { jobId, jobDesc = "" } = version;
  const config = canonical(withDefaultEngine(version.config));
  return {
    projectId,
    jobId,
    keyId: hash(projectId, key),
    fingerprint: hash(jobId, jobDesc, config),
    configFingerprint: hash(projectId, jobId, config),
  };
}
