import type { AnswerHeaders } from "../transport/messages.js";

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function parsedDate(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

let latestText = "";
let latestTime: number | undefined;

/** The time of the upstream by an answer's `Date` header (ms since the epoch); undefined when it has none. */
export function dateOf(headers: AnswerHeaders): number | undefined {
  const text = single(headers.date) ?? "";
  // It changes once a second at most.
  if (text !== latestText) {
    latestTime = parsedDate(text);
    latestText = text;
  }
  return latestTime;
}

/**
 * How long `Retry-After` asks to wait, in milliseconds: it holds seconds or an HTTP date (RFC 9110, 10.2.3). A date is
 * compared with the answer's own `Date` where there is one, so that the two clocks need not agree.
 *
 * @param now ms since the epoch
 */
export function parseRetryAfter(headers: AnswerHeaders, now: number): number | undefined {
  const value = single(headers["retry-after"])?.trim();
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : Math.max(0, time - (dateOf(headers) ?? now));
}
