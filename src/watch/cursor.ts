import { createHash } from "node:crypto";
import { compareLongIds, type EpochMillis, isLongId, type LongId } from "../domain/index.js";
import { GatewayError } from "../errors.js";
import type { JobKey, Position } from "./ports.js";

/** A version's place among those of its job: by creation time, then id; the oldest first. */
export interface VersionOrder {
  createTime: EpochMillis | null;
  versionId: LongId;
}

/** Orders versions from the oldest to the newest. One without a creation time counts as old. */
export function compareVersions(a: VersionOrder, b: VersionOrder): number {
  return (a.createTime ?? 0) - (b.createTime ?? 0) || compareLongIds(a.versionId, b.versionId);
}

/** What an event's cursor stands for. */
export interface Cursor extends Position {
  /** Within the first events of a job: versions after this one have not been told yet. */
  upTo?: VersionOrder;
}

const FORMAT = 1;
const MAX_LENGTH = 512;
const INCARNATION = /^[A-Za-z0-9_-]{1,36}$/;

/** Stands for the job in cursors, so that one of another job is recognised. */
export function cursorTag(job: JobKey): string {
  return createHash("sha256").update(`${job.projectId}/${job.jobId}`).digest("base64url").slice(0, 12);
}

/** The opaque text of a cursor. `tag` is the job's {@link cursorTag}. */
export function encodeCursor(tag: string, cursor: Cursor): string {
  const { incarnation, seq, upTo } = cursor;
  const parts = [FORMAT, tag, incarnation, seq, ...(upTo ? [upTo.createTime, upTo.versionId] : [])];
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

function invalid(message: string): GatewayError {
  return new GatewayError("BAD_USER_INPUT", message, {
    violations: [{ path: ["after"], rule: "after-cursor", message }],
  });
}

function parse(text: string): unknown[] | undefined {
  if (text.length > MAX_LENGTH || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return Array.isArray(parts) && (parts.length === 4 || parts.length === 6) ? parts : undefined;
  } catch {
    return undefined;
  }
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * Reads a cursor that a client sent.
 *
 * @throws GatewayError BAD_USER_INPUT (rule `after-cursor`) when it is none, or one of another job
 */
export function decodeCursor(tag: string, text: string): Cursor {
  const malformed = () =>
    invalid(
      "`after` must be the cursor of an event, exactly as it was received; leave it out to start anew.",
    );
  const parts = parse(text);
  if (!parts) throw malformed();
  const [format, ofTag, incarnation, seq, createTime, versionId] = parts;
  if (format !== FORMAT || typeof ofTag !== "string") throw malformed();
  if (typeof incarnation !== "string" || !INCARNATION.test(incarnation) || !isSequence(seq))
    throw malformed();
  if (ofTag !== tag)
    throw invalid("`after` is the cursor of another job: each job has a sequence of its own.");
  if (parts.length === 4) return { incarnation, seq };
  if (!isLongId(versionId) || !(createTime === null || isSequence(createTime))) throw malformed();
  return { incarnation, seq, upTo: { createTime, versionId } };
}
