import type { IncomingMessage } from "node:http";

/** What the head of an answer depends on in the header fields of a posted operation. */
export interface Form {
  accept: string | undefined;
  contentType: string | undefined;
  origin: string | undefined;
}

/** The form of a posted operation. */
export function formOf({ headers }: IncomingMessage): Form {
  return { accept: headers.accept, contentType: headers["content-type"], origin: headers.origin };
}

/** True where answers to both have the same head. */
export function isSameForm(a: Form, b: Form): boolean {
  return a.accept === b.accept && a.contentType === b.contentType && a.origin === b.origin;
}
