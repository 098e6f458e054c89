const MAX_LENGTH = 500;

/** More than this is not even looked at. */
const MAX_READ = 4 * MAX_LENGTH;

/** What a signed or authenticated request looks like when a body echoes it. */
const ECHOED_CREDENTIAL = /SDK-HMAC-SHA256|x-sdk-date|x-auth-token|signedheaders|signature=|canonical/i;

/** The second line of a stack trace, of Node.js, Java or Python, and all that follows. */
const STACK_TRACE = /(?:[\r\n\t]|\s\s)(?:at [\w.$<>]+|File "|Traceback ).*/s;

/** Names that only resolve inside a cluster or data centre, with or without a port. */
const INTERNAL_NAME =
  /\b(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:internal|local|localdomain|lan|svc))(?::\d{1,5})?\b/gi;

/** IPv4 addresses of private networks and of the host itself, with or without a port. */
const INTERNAL_ADDRESS =
  /\b(?:10\.\d{1,3}|127\.\d{1,3}|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b/g;

/**
 * An upstream message as it may be passed on: no stack trace, no internal address, at most 500 characters.
 *
 * @returns undefined when nothing is left, or when the message echoes a credential or a signed request
 */
export function publicMessage(message: string | null): string | undefined {
  const read = message?.slice(0, MAX_READ) ?? "";
  if (ECHOED_CREDENTIAL.test(read)) return undefined;
  const cleaned = read
    .replace(STACK_TRACE, "")
    .replace(INTERNAL_ADDRESS, "[internal address]")
    .replace(INTERNAL_NAME, "[internal address]")
    .replace(/\p{Cc}+/gu, " ")
    .trim();
  if (cleaned === "") return undefined;
  return cleaned.length <= MAX_LENGTH ? cleaned : `${cleaned.slice(0, MAX_LENGTH)}…`;
}
