import { createHash } from "node:crypto";

/** What is signed: the request exactly as it is sent. */
export interface SignableRequest {
  method: string;
  /** As sent, without the query. */
  path: string;
  query: readonly (readonly [name: string, value: string])[];
  /** The headers to sign. */
  headers: Readonly<Record<string, string>>;
  /** The exact body; "" when there is none. */
  body: string;
}

export function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What stays as it is. */
const UNRESERVED = /^[\w.~-]*$/;
/** Half of a character that has no encoding. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Percent-encoding of RFC 3986: everything but letters, digits, `-`, `.`, `_` and `~`. */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text.replace(LONE_SURROGATE, "\uFFFD")).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A query string in the order given, encoded as it is signed. */
export function queryString(query: SignableRequest["query"]): string {
  return query.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function canonicalPath(path: string): string {
  const encoded = path.split("/").map((segment) => percentEncode(decodeURIComponent(segment)));
  const joined = encoded.join("/");
  return joined.endsWith("/") ? joined : `${joined}/`;
}

/**
 * The canonical request of the vendor's "SDK-HMAC-SHA256" signing, the same in both dialects.
 *
 * @returns its text, and the names of the signed headers joined by `;`
 */
export function canonicalRequest(request: SignableRequest): { text: string; signedHeaders: string } {
  const headers = Object.entries(request.headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .toSorted(([a], [b]) => compare(a, b));
  const query = request.query.toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  const signedHeaders = headers.map(([name]) => name).join(";");
  const text = [
    request.method,
    canonicalPath(request.path),
    queryString(query),
    ...headers.map(([name, value]) => `${name}:${value}`),
    "",
    signedHeaders,
    sha256Hex(request.body),
  ].join("\n");
  return { text, signedHeaders };
}
