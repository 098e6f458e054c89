import cors from "@fastify/cors";
import Fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { GraphQLError } from "graphql";
import type { HttpConfig } from "../config/index.js";
import { type PublishError, withRequestId } from "./public-error.js";
import { requestIdFrom } from "./request-id.js";

/** IAM tokens are several kilobytes of base64. */
const MAX_HEADER_BYTES = 32_768;
/** A request that is not received whole within that time is refused. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the idle time-out of common load balancers, so that they are the ones who close. */
const KEEP_ALIVE_MS = 72_000;

const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** What Fastify itself refuses (bad JSON, too long, wrong type) in the words of GraphQL. */
function requestRefused(error: FastifyError): GraphQLError {
  const isOurs = error.statusCode !== undefined && error.statusCode < 500;
  return isOurs
    ? new GraphQLError(error.message, { extensions: { code: "BAD_REQUEST" } })
    : new GraphQLError("", { originalError: error });
}

/** A Fastify instance with request ids, CORS, limits and JSON errors; routes are for others to add. */
export function createFastify(config: HttpConfig, publishError: PublishError): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: config.maxBodyBytes,
    trustProxy: config.trustedProxies.length > 0 ? config.trustedProxies : false,
    genReqId: (request) => requestIdFrom(request.headers["x-request-id"]),
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: "idle",
    http: { maxHeaderSize: MAX_HEADER_BYTES },
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ "x-request-id": request.id, ...SECURITY_HEADERS });
  });
  app.register(cors, {
    origin: config.corsOrigins.length > 0 ? config.corsOrigins : false,
    exposedHeaders: ["X-Request-Id", "Retry-After"],
    maxAge: 600,
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const published = withRequestId(publishError(requestRefused(error)), request.id);
    return reply.code(error.statusCode ?? 500).send({ errors: [published] });
  });
  app.setNotFoundHandler((request, reply) => {
    const error = new GraphQLError("There is nothing at this path.", { extensions: { code: "BAD_REQUEST" } });
    return reply.code(404).send({ errors: [withRequestId(publishError(error), request.id)] });
  });
  return app;
}
