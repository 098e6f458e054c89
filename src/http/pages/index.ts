import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { BUILT_EXPLORER_DIRECTORY } from "../../explorer-directory.js";
import { registerExplorer } from "./explorer-routes.js";
import { sandboxPage } from "./sandbox-page.js";

export interface PagesOptions {
  /** False: both pages answer 404. */
  enabled: boolean;
  /** Where GraphQL is served, over HTTP and WebSocket. */
  endpointPath: string;
  /** {@link BUILT_EXPLORER_DIRECTORY} where it is left out. */
  explorerDirectory?: string;
}

const EXPLORER_PATH = "/explorer";

/** Browsers name text/html when somebody opens an address, and no JSON type; GraphQL clients do the opposite. */
function isOpenedInBrowser(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? "";
  return /\btext\/html\b/i.test(accept) && !/\bjson\b/i.test(accept);
}

function hasOperation(request: FastifyRequest): boolean {
  const { query } = request;
  return typeof query === "object" && query !== null && ("query" in query || "extensions" in query);
}

function sendTurnedOff(reply: FastifyReply): FastifyReply {
  return reply
    .code(404)
    .send({ statusCode: 404, error: "Not Found", message: "The explorers are turned off on this gateway." });
}

/** Answers browsers that open the endpoint, before GraphQL sees the request. */
function registerLandingPage(
  app: FastifyInstance,
  endpointPath: string,
  answer: (reply: FastifyReply) => FastifyReply,
): void {
  app.addHook("onRequest", (request, reply, done) => {
    const isLanding =
      request.method === "GET" &&
      request.routeOptions.url === endpointPath &&
      isOpenedInBrowser(request) &&
      !hasOperation(request);
    if (isLanding) answer(reply.header("vary", "accept"));
    else done();
  });
}

/**
 * Serves the two explorers: Apollo Sandbox to browsers that open the GraphQL endpoint, and GraphiQL at `/explorer`.
 * Turned off, both are 404.
 *
 * @param app the server that also has the GraphQL endpoint, not yet listening
 */
export async function registerPages(app: FastifyInstance, options: PagesOptions): Promise<void> {
  if (!options.enabled) {
    registerLandingPage(app, options.endpointPath, sendTurnedOff);
    app.get(EXPLORER_PATH, (_request, reply) => sendTurnedOff(reply));
    return;
  }
  const { html, headers } = sandboxPage({ endpointPath: options.endpointPath, explorerPath: EXPLORER_PATH });
  registerLandingPage(app, options.endpointPath, (reply) =>
    reply.headers(headers).type("text/html; charset=utf-8").send(html),
  );
  await registerExplorer(app, {
    path: EXPLORER_PATH,
    directory: options.explorerDirectory ?? BUILT_EXPLORER_DIRECTORY,
  });
}
