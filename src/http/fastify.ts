import { createServer, type RequestListener, type Server } from "node:http";
import { Readable } from "node:stream";
import cors from "@fastify/cors";
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { GraphQLError } from "graphql";
import type { HttpConfig } from "../config/index.js";
import { createClientErrorHandler } from "./client-error.js";
import { DEFAULT_HEADERS } from "./default-headers.js";
import type { Front } from "./front/index.js";
import { badRequest } from "./operation-request.js";
import { type PublishError, withRequestId } from "./public-error.js";
import { requestIdFrom } from "./request-id.js";

/** IAM tokens are several kilobytes of base64. */
const MAX_HEADER_BYTES = 32_768;
const REQUEST_TIMEOUT_MS = 30_000;
const CHECK_INTERVAL_MS = 5_000;
/** Longer than the idle time-out of common load balancers, so that they are the ones who close. */
const KEEP_ALIVE_MS = 72_000;

/** What Fastify itself refuses (bad JSON, too long, wrong type) in the words of GraphQL. */
function requestRefused(error: FastifyError): GraphQLError {
  const isOurs = error.statusCode !== undefined && error.statusCode < 500;
  return isOurs ? badRequest(error.message) : new GraphQLError("", { originalError: error });
}

export interface Timing {
  /** A request that is not received whole within that time is refused, in ms. */
  requestTimeoutMs: number;
  /** How often that is looked at, in ms. */
  checkIntervalMs: number;
}

const TIMING: Timing = { requestTimeoutMs: REQUEST_TIMEOUT_MS, checkIntervalMs: CHECK_INTERVAL_MS };

function createHttp1Server(listener: RequestListener, { requestTimeoutMs, checkIntervalMs }: Timing): Server {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Node takes the longer one of this and its time-out for headers as the limit of a whole request, and only what
    // it is created with shortens the latter.
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: checkIntervalMs,
  };
  return createServer(options, listener);
}

export interface FastifyOptions {
  config: HttpConfig;
  publishError: PublishError;
  front: Front;
  timing?: Timing;
}

/** A Fastify instance behind the front, with request ids, CORS, limits and JSON errors; routes are for others to add. */
export function createFastify(options: FastifyOptions): FastifyInstance {
  const { config, publishError, front, timing = TIMING } = options;
  function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    const published = withRequestId(publishError(requestRefused(error)), request.id);
    reply.code(error.statusCode ?? 500).send({ errors: [published] });
  }

  const app = Fastify({
    logger: false,
    bodyLimit: config.maxBodyBytes,
    trustProxy: config.trustedProxies.length > 0 ? config.trustedProxies : false,
    genReqId: (request) => requestIdFrom(request.headers["x-request-id"]),
    forceCloseConnections: "idle",
    // A request whose body was still arriving when the shutdown began is in flight, too.
    return503OnClosing: false,
    serverFactory: (handler) => createHttp1Server(front.inFrontOf(handler), timing),
    clientErrorHandler: createClientErrorHandler(publishError),
    // A path that does not decode never comes to the hooks.
    frameworkErrors(error, request, reply) {
      answerError(error, request, reply.headers({ "x-request-id": request.id, ...DEFAULT_HEADERS }));
    },
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ "x-request-id": request.id, ...DEFAULT_HEADERS });
  });
  app.addHook("preParsing", async (request, _reply, payload) => {
    const body = front.bodyOf(request.raw);
    return body === undefined ? payload : Readable.from([body]);
  });
  app.register(cors, {
    origin: config.corsOrigins.length > 0 ? config.corsOrigins : false,
    exposedHeaders: ["X-Request-Id", "Retry-After"],
    maxAge: 600,
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    const error = badRequest("There is nothing at this path.");
    return reply.code(404).send({ errors: [withRequestId(publishError(error), request.id)] });
  });
  return app;
}
