import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** One request as a scripted upstream got it. */
export interface SeenRequest {
  method: string;
  /** With the query. */
  url: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What a scripted upstream does with a request. */
export type Script = (request: SeenRequest, response: ServerResponse, socket: Socket) => void | Promise<void>;

export interface UpstreamServer {
  readonly url: string;
  readonly port: number;
  /** Every request so far. */
  readonly seen: SeenRequest[];
  /** Open connections. */
  readonly connections: ReadonlySet<Socket>;
  /** What the next requests meet. */
  script: Script;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers with JSON; a string is sent as it is. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Script {
  return (_, response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** Plays the scripts one after the other; the last one stays. */
export function inTurn(...scripts: [Script, ...Script[]]): Script {
  let next = 0;
  return (request, response, socket) => {
    const script = scripts[Math.min(next, scripts.length - 1)] as Script;
    next += 1;
    return script(request, response, socket);
  };
}

/** Cuts the connection without an answer. */
export const cut: Script = (_, __, socket) => {
  socket.resetAndDestroy();
};

/** Never answers. */
export const hang: Script = () => {};

async function readBody(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** An upstream over real HTTP that does what its script says. */
export async function startUpstreamServer(
  script: Script = json({ is_success: true }),
): Promise<UpstreamServer> {
  const seen: SeenRequest[] = [];
  const connections = new Set<Socket>();
  const http = createServer(async (request, response) => {
    const body = await readBody(request).catch(() => undefined);
    if (body === undefined) return;
    const { method = "", url = "", headers } = request;
    const { pathname, searchParams } = new URL(url, "http://upstream");
    const entry = { method, url, path: pathname, query: searchParams, headers, body };
    seen.push(entry);
    await server.script(entry, response, request.socket);
  });
  http.on("connection", (socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const server: UpstreamServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    connections,
    script,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}
