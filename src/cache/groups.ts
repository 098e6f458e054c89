import { hash } from "node:crypto";
import type { LongId } from "../domain/index.js";
import type { ProofSubject } from "../ports.js";

/** The part that holds a job's list of versions, and the only part of the other groups. */
export const LIST_PART = "list";

/** The part that holds the details of one version. */
export function versionPart(versionId: LongId): string {
  return `v${versionId}`;
}

// Project ids are [A-Za-z0-9_-] and job ids digits: "jobs" and "specs" are no job's id, and "/" is in neither.

export function jobGroup(projectId: string, jobId: LongId): string {
  return `${projectId}/${jobId}`;
}

export function jobListsGroup(projectId: string): string {
  return `${projectId}/jobs`;
}

export function specsGroup(projectId: string): string {
  return `${projectId}/specs`;
}

/** The group that a proof of access is kept with. */
export function groupOfSubject(projectId: string, subject: ProofSubject): string {
  return subject === "project-specs" ? specsGroup(projectId) : jobGroup(projectId, subject.jobId);
}

/** A short name for arguments of any content and length. */
export function digest(parts: readonly unknown[]): string {
  return hash("sha256", JSON.stringify(parts.map((part) => part ?? null)), "base64url");
}
