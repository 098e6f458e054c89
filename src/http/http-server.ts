import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { GraphQLSchema } from "graphql";
import type { HttpConfig } from "../config/index.js";
import type { Services } from "../context.js";
import type { Identity } from "../identity.js";
import type { Logger } from "../observability/logger.js";
import { startApollo } from "./apollo.js";
import { createDocumentValidation } from "./document-validation.js";
import { registerEventStream } from "./event-stream.js";
import type { HttpEvents } from "./events.js";
import { createFastify } from "./fastify.js";
import { createFront } from "./front/index.js";
import { registerGraphql } from "./graphql-route.js";
import { type DependencyState, type LifePhase, registerHealth, registerMetrics } from "./health.js";
import { closeIdleConnections } from "./idle-connections.js";
import type { QueryLimits, RateLimiter } from "./limits/index.js";
import { createOperationLog } from "./operation-log.js";
import { isOriginAllowed } from "./origin.js";
import { registerPages } from "./pages/index.js";
import { createErrorPublisher } from "./public-error.js";
import { createClientAddress } from "./request-info.js";
import { createStreamOperations } from "./stream-operation.js";
import { createWebSocketEndpoint } from "./websocket.js";

export interface HttpServerOptions {
  config: HttpConfig;
  schema: GraphQLSchema;
  services: Services;
  identity: Identity;
  limits: QueryLimits;
  rateLimiter: RateLimiter;
  dependencies: readonly DependencyState[];
  metrics: { contentType: string; text(): Promise<string> };
  events: HttpEvents;
  log: Logger;
}

export interface HttpServer {
  /** Starts to accept connections; resolves with the URL, the port that was found included. */
  listen(): Promise<string>;
  /** From now on `/readyz` says 503; everything else goes on. */
  announceDrain(): void;
  /**
   * Stops accepting, closes WebSockets with 1001 and ends the event streams of subscriptions, both without `complete`, and waits
   * for requests in flight, at most `shutdownGraceMs`.
   */
  close(): Promise<void>;
}

const GRAPHQL_PATH = "/graphql";

/** Without the query; whatever a client sent in its place, it is only compared. */
function pathOf(request: IncomingMessage): string | undefined {
  return request.url?.split("?", 1)[0];
}

/** Lets the connection go once the refusal is written: nothing else would end one that its client leaves open. */
function refuseUpgrade(socket: Duplex, status: string): void {
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Everything that this process offers over HTTP. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { config, schema, services, identity, limits, rateLimiter, events, log } = options;
  let phase: LifePhase = "starting";
  const introspection = config.explorer;
  const publishError = createErrorPublisher({ log, hideSuggestions: !introspection });
  const recordOperation = createOperationLog(log, events);
  const validate = createDocumentValidation({ schema, limits, introspection });
  const operations = createStreamOperations({ schema, services, limits, rateLimiter, validate });
  const shared = { operations, identity, publishError, recordOperation, events };

  const clientAddress = createClientAddress(config.trustedProxies);
  const { maxBodyBytes } = config;
  const front = createFront({
    ...shared,
    path: GRAPHQL_PATH,
    schema,
    services,
    limits,
    clientAddress,
    rateLimiter,
    maxBodyBytes,
    isClosing: () => phase === "closing",
  });
  const app = createFastify({ config, publishError, front });
  const apollo = await startApollo({
    schema,
    limits,
    rateLimiter,
    validate,
    introspection,
    publishError,
    recordOperation,
    log,
  });
  await registerPages(app, { enabled: config.explorer, endpointPath: GRAPHQL_PATH });
  registerGraphql(app, { apollo, front, services, identity, publishError });
  const eventStreams = registerEventStream(app, { ...shared, corsOrigins: config.corsOrigins });
  registerHealth(app, {
    phase: () => phase,
    dependencies: options.dependencies,
    readyRequires: config.readyRequires,
  });
  registerMetrics(app, options.metrics);

  const webSockets = createWebSocketEndpoint({
    ...shared,
    clientAddress,
    maxMessageBytes: maxBodyBytes,
    log,
  });
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", (error) =>
      log.debug({ event: "upgrade_error", reason: error.message }, "Upgrade failed"),
    );
    if (pathOf(request) !== GRAPHQL_PATH) return refuseUpgrade(socket, "404 Not Found");
    if (phase === "closing") return refuseUpgrade(socket, "503 Service Unavailable");
    if (!isOriginAllowed(request, config.corsOrigins)) return refuseUpgrade(socket, "403 Forbidden");
    webSockets.upgrade(request, socket, head);
  });

  closeIdleConnections(app.server, () => phase === "closing");

  return {
    async listen() {
      const url = await app.listen({ port: config.port, host: config.host });
      phase = "serving";
      return url;
    },
    announceDrain() {
      phase = "draining";
    },
    async close() {
      phase = "closing";
      const graceOver = setTimeout(() => app.server.closeAllConnections(), config.shutdownGraceMs);
      eventStreams.drain();
      await Promise.all([webSockets.drain(config.shutdownGraceMs), app.close()]);
      clearTimeout(graceOver);
      await apollo.server.stop();
    },
  };
}
