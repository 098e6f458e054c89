import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { mutateBytes, oddValue, type Random } from "./fuzz-random.js";

/** A proxy that spoils what an upstream answers. */
export interface SpoilingProxy extends AsyncDisposable {
  readonly url: string;
  /** How many answers it has spoiled so far, by how. */
  readonly spoiled: ReadonlyMap<string, number>;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

type Container = Record<string, unknown> | unknown[];

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}

function containersIn(value: unknown): Container[] {
  return isContainer(value) ? [value, ...Object.values(value).flatMap(containersIn)] : [];
}

function spoilField(random: Random, body: Buffer): Buffer {
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
  } catch {
    return body;
  }
  for (let left = 1 + random.int(4); left > 0; left -= 1) {
    const target = random.pick(containersIn(json));
    const key = target && random.pick(Object.keys(target));
    if (target === undefined || key === undefined) continue;
    if (random.chance(0.2)) Reflect.deleteProperty(target, key);
    else Reflect.set(target, key, oddValue(random, 3));
  }
  return Buffer.from(JSON.stringify(json));
}

const STATUSES = [
  200, 201, 204, 301, 304, 400, 401, 403, 404, 408, 409, 418, 429, 500, 502, 503, 504, 599,
] as const;
const HEADERS: readonly [string, string][] = [
  ["content-type", "text/html"],
  ["content-encoding", "gzip"],
  ["date", "yesterday"],
  ["retry-after", "-5"],
  ["retry-after", "1e9"],
  ["retry-after", "Thu, 01 Jan 1970 00:00:00 GMT"],
  ["location", "http://127.0.0.1:1/elsewhere"],
  ["connection", "close"],
  ["x-filler", "x".repeat(20_000)],
];
const RAW = [
  "",
  "garbage\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
  "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n{}",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
  "HTTP/9.9 999 \u0000\r\n\r\n",
];

/** Answers in which something is changed. */
const CHANGES: Record<string, (random: Random, answer: Answer) => Answer> = {
  bytes: (random, answer) => ({ ...answer, body: mutateBytes(random, answer.body) }),
  field: (random, answer) => ({ ...answer, body: spoilField(random, answer.body) }),
  status: (random, answer) => ({ ...answer, status: random.pick(STATUSES) }),
  header(random, answer) {
    const [name, value] = random.pick(HEADERS) ?? ["x", "y"];
    return { ...answer, headers: { ...answer.headers, [name]: value } };
  },
  empty: (_random, answer) => ({ ...answer, body: Buffer.alloc(0) }),
};
/** No answers at all, which also open circuits: rare. */
const ENDINGS: Record<string, (random: Random, socket: Socket) => void> = {
  reset: (_random, socket) => void socket.resetAndDestroy(),
  raw: (random, socket) => void socket.end(random.pick(RAW) ?? ""),
  silence: () => {},
};

function forward(request: IncomingMessage, body: Buffer, target: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, headers } = request;
    const options = { method: method ?? "GET", headers };
    const outgoing = httpRequest(new URL(request.url ?? "/", target), options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const type = response.headers["content-type"] ?? "application/json";
        const date = response.headers.date ?? new Date().toUTCString();
        resolve({
          status: response.statusCode ?? 200,
          headers: { "content-type": type, date },
          body: Buffer.concat(chunks),
        });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function write({ status, headers, body }: Answer, response: ServerResponse): void {
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, { ...headers, ...(hasBody && { "content-length": String(body.length) }) });
  response.end(hasBody ? body : undefined);
}

/** @param share how many of the answers are spoiled, from 0 to 1 */
export async function startSpoilingProxy(
  target: string,
  random: Random,
  share: number,
): Promise<SpoilingProxy> {
  const sockets = new Set<Socket>();
  const spoiled = new Map<string, number>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await forward(request, Buffer.concat(chunks), target);
    if (!random.chance(share)) return write(answer, response);
    const how = random.chance(0.04) ? random.pick(Object.keys(ENDINGS)) : random.pick(Object.keys(CHANGES));
    spoiled.set(how ?? "", (spoiled.get(how ?? "") ?? 0) + 1);
    const change = CHANGES[how ?? ""];
    if (change) write(change(random, answer), response);
    else ENDINGS[how ?? ""]?.(random, request.socket);
  }

  const server = createServer((request, response) => {
    // The gateway may have gone; what it asked for then needs no answer.
    handle(request, response).catch(() => request.socket.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spoiled,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
