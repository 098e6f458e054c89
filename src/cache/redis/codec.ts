import { hash } from "node:crypto";
import type { StoredEntry } from "../store.js";

/** An entry as Redis keeps it, with its generation yet to be put between the two halves. Instants are Redis's. */
export interface EncodedEntry {
  beforeGeneration: string;
  afterGeneration: string;
}

const HEADER = /^(\d+):(\d+):(\d+):[^:]*:([A-Za-z0-9_-]+):/;

function checksum(numbers: string, json: string): string {
  return hash("sha1", `${numbers}${json}`, "base64url");
}

/** @param offsetMs Redis's clock minus this process's */
export function encodeEntry(
  { beganAt, answeredAt, ttlMs, json }: StoredEntry,
  offsetMs: number,
): EncodedEntry {
  const times = [beganAt, answeredAt + ttlMs, answeredAt].map((at) => Math.round(at + offsetMs));
  const numbers = `${times.join(":")}:`;
  return { beforeGeneration: numbers, afterGeneration: `:${checksum(numbers, json)}:${json}` };
}

/** Undefined when the text is not what {@link encodeEntry} wrote: damaged, or of a release that wrote it differently. */
export function decodeEntry(text: string, offsetMs: number): StoredEntry | undefined {
  const header = HEADER.exec(text);
  if (header === null) return undefined;
  const [whole, began, freshUntil, answered, sum] = header;
  const json = text.slice(whole.length);
  if (checksum(`${began}:${freshUntil}:${answered}:`, json) !== sum) return undefined;
  const answeredAt = Number(answered);
  return {
    json,
    beganAt: Number(began) - offsetMs,
    answeredAt: answeredAt - offsetMs,
    ttlMs: Number(freshUntil) - answeredAt,
  };
}
