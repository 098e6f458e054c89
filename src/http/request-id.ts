import { createNames } from "../unique.js";

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

const newId = createNames();

/** The caller's own request id when it is 1 to 128 of `[A-Za-z0-9._-]`, else a new one, which nobody else has. */
export function requestIdFrom(given: unknown): string {
  if (typeof given === "string" && REQUEST_ID.test(given)) return given;
  return newId();
}
