import { createReadStream } from "node:fs";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type ExplorerBuild, readExplorerBuild } from "./explorer-files.js";
import { pageHeaders } from "./page-headers.js";

/**
 * GraphiQL and its editor set styles from scripts and start their workers from files; everything else is as strict as
 * can be, and every source is the gateway itself.
 */
const HEADERS: Readonly<Record<string, string>> = {
  ...pageHeaders({
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'", "data:"],
    "worker-src": ["'self'"],
    "connect-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
  }),
  "cross-origin-opener-policy": "same-origin",
};

const NOT_BUILT = "The explorer has not been built: run `npm run build`, then start the gateway again.\n";

function acceptsGzip(request: FastifyRequest): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(request.headers["accept-encoding"] ?? "");
}

function sendPage(build: ExplorerBuild, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers({ ...HEADERS, "cache-control": "no-cache", etag: build.page.etag });
  if (request.headers["if-none-match"] === build.page.etag) return reply.code(304).send();
  return reply.type("text/html; charset=utf-8").send(build.page.html);
}

/** The build names what lies below assets/ after its content, so that it can be kept for ever. */
function cacheControl(name: string): string {
  return name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

function sendFile(
  build: ExplorerBuild,
  name: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const file = build.files.get(name);
  if (!file) {
    reply.callNotFound();
    return reply;
  }
  const gzip = acceptsGzip(request) ? file.gzip : undefined;
  const { path, size } = gzip ?? file;
  reply.headers({
    ...HEADERS,
    "cache-control": cacheControl(name),
    "content-type": file.contentType,
    "content-length": size,
  });
  if (file.gzip) reply.header("vary", "accept-encoding");
  if (gzip) reply.header("content-encoding", "gzip");
  return reply.send(createReadStream(path));
}

/**
 * Serves the built explorer at `path` and what it loads below it; 503 with what to do when it has not been built.
 */
export async function registerExplorer(
  app: FastifyInstance,
  options: { path: string; directory: string },
): Promise<void> {
  const build = await readExplorerBuild(options.directory);
  if (!build) {
    app.get(options.path, (_request, reply) =>
      reply.code(503).type("text/plain; charset=utf-8").send(NOT_BUILT),
    );
    return;
  }
  app.get(options.path, (request, reply) => sendPage(build, request, reply));
  app.get<{ Params: { "*": string } }>(`${options.path}/*`, (request, reply) => {
    const name = request.params["*"];
    return name === "" ? sendPage(build, request, reply) : sendFile(build, name, request, reply);
  });
}
