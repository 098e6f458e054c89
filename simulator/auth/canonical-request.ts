import { createHash } from "node:crypto";

/** What a signature covers, as it came over the wire. */
export interface SignedParts {
  method: string;
  /** Path and query, as in the request line. */
  target: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Names in lower case. */
  signedHeaders: readonly string[];
  /** The exact bytes. */
  body: Buffer;
}

export const sha256Hex = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

/** RFC 3986: everything but letters, digits, `-`, `_`, `.` and `~` is percent-encoded. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function canonicalPath(path: string): string {
  const encoded = path
    .split("/")
    .map((segment) => percentEncoded(percentDecoded(segment)))
    .join("/");
  return encoded.endsWith("/") ? encoded : `${encoded}/`;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Names sorted, then values. */
function canonicalQuery(query: string): string {
  return [...new URLSearchParams(query)]
    .toSorted(([nameA, valueA], [nameB, valueB]) => byText(nameA, nameB) || byText(valueA, valueB))
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`)
    .join("&");
}

/** The canonical request of `SDK-HMAC-SHA256`, the same in both dialects. */
export function canonicalRequest({ method, target, headers, signedHeaders, body }: SignedParts): string {
  const [path = "", query = ""] = splitTarget(target);
  const names = [...signedHeaders].toSorted();
  const lines = names.map((name) => `${name}:${(headers[name] ?? "").trim()}\n`).join("");
  return [method, canonicalPath(path), canonicalQuery(query), lines, names.join(";"), sha256Hex(body)].join(
    "\n",
  );
}

/** Path and query of a request line's target. */
export function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf("?");
  return mark < 0 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}
