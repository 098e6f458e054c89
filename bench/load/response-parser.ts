/** Cuts a stream of bytes into HTTP/1.1 responses. */
export interface ResponseParser {
  /** @throws Error when this is no response that it can read */
  push(chunk: Buffer): void;
}

const END_OF_HEADERS = Buffer.from("\r\n\r\n");
const END_OF_LINE = Buffer.from("\r\n");
const NOTHING = Buffer.alloc(0);

/** The chunks' contents and the length of all of it, or undefined while the last chunk is missing. */
function dechunk(bytes: Buffer, start: number): { body: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf(END_OF_LINE, at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (Number.isNaN(size)) throw new Error("a chunk without a size");
    if (bytes.length < next) return undefined;
    if (size === 0) return { body: Buffer.concat(parts), end: next };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}

function bodyOf(bytes: Buffer, headersEnd: number, headers: string) {
  const start = headersEnd + END_OF_HEADERS.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1];
  if (length !== undefined) {
    const end = start + Number(length);
    return bytes.length < end ? undefined : { body: bytes.subarray(start, end), end };
  }
  if (/\r\ntransfer-encoding: *chunked/i.test(headers)) return dechunk(bytes, start);
  throw new Error("a response without a length");
}

/** @param answered called for each whole response; the body is valid during the call */
export function createResponseParser(answered: (status: number, body: Buffer) => void): ResponseParser {
  let pending: Buffer = NOTHING;

  return {
    push(chunk) {
      let bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (bytes.length > 0) {
        const headersEnd = bytes.indexOf(END_OF_HEADERS);
        if (headersEnd < 0) break;
        const headers = bytes.toString("latin1", 0, headersEnd);
        const found = bodyOf(bytes, headersEnd, headers);
        if (found === undefined) break;
        const status = Number(headers.slice(9, 12));
        bytes = bytes.subarray(found.end);
        answered(status, found.body);
      }
      pending = bytes;
    },
  };
}
