import { randomBytes } from "node:crypto";

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Sets the ids that this process makes apart from those of all others. */
const OF_THIS_PROCESS = randomBytes(12).toString("base64url");
let made = 0;

/** The caller's own request id when it is 1 to 128 of `[A-Za-z0-9._-]`, else a new one, which nobody else has. */
export function requestIdFrom(given: unknown): string {
  if (typeof given === "string" && REQUEST_ID.test(given)) return given;
  made += 1;
  return `${OF_THIS_PROCESS}.${made}`;
}
