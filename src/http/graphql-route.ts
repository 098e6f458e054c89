import { HeaderMap, type HTTPGraphQLRequest, type HTTPGraphQLResponse } from "@apollo/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { GatewayContext, type Services } from "../context.js";
import type { Identity } from "../identity.js";
import type { Apollo, Handled } from "./apollo.js";
import { clientGone } from "./client-gone.js";
import { DEFAULT_HEADERS } from "./default-headers.js";
import type { Front } from "./front/index.js";
import { chooseMediaType, type MediaType } from "./media-type.js";
import { badRequest } from "./operation-request.js";
import { type PublishError, withRequestId } from "./public-error.js";
import { identityHeaders, requestInfo } from "./request-info.js";
import { statusInMediaType } from "./result-status.js";

export interface GraphqlRouteOptions {
  apollo: Apollo;
  front: Front;
  services: Services;
  identity: Identity;
  publishError: PublishError;
}

interface Answered {
  context: GatewayContext | undefined;
  handled: Handled | undefined;
  body: string;
}

const NOT_ACCEPTABLE = "Accept application/graphql-response+json or application/json.";

/** The request's headers for Apollo Server, which answers in the media type that was chosen. */
function headerMap(request: FastifyRequest, mediaType: MediaType): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  headers.set("accept", mediaType);
  return headers;
}

/** Errors in requests that are none (CSRF, no query) get their request id here: nobody else knows it yet. */
function bodyOf(response: HTTPGraphQLResponse, requestId: string | undefined): string {
  if (response.body.kind !== "complete") throw new Error("incremental delivery is not enabled");
  if (requestId === undefined) return response.body.string;
  const { errors, ...rest } = JSON.parse(response.body.string);
  const identified = errors?.map((e: { extensions?: object }) => ({
    ...e,
    extensions: { ...e.extensions, requestId },
  }));
  return JSON.stringify({ ...rest, errors: identified });
}

/** Queries and mutations by POST, queries by GET. */
export function registerGraphql(app: FastifyInstance, options: GraphqlRouteOptions): void {
  const { apollo, front, services, identity, publishError } = options;

  function newContext(request: FastifyRequest, reply: FastifyReply): GatewayContext {
    const headers = identityHeaders(request.headers);
    const source = { requestId: request.id, headers, address: request.ip, signal: clientGone(reply.raw) };
    return new GatewayContext(services, requestInfo(identity, source));
  }

  function learn(request: FastifyRequest, reply: FastifyReply, { context, handled, body }: Answered): void {
    if (handled?.executed === undefined) return;
    const ingredients = context?.ingredients();
    front.learn(request.raw, { ...handled.executed, ingredients, headers: reply.getHeaders(), body });
  }

  app.route({
    method: ["GET", "POST"],
    url: "/graphql",
    async handler(request, reply) {
      const mediaType = chooseMediaType(request.headers.accept);
      if (mediaType === undefined) {
        const error = withRequestId(publishError(badRequest(NOT_ACCEPTABLE)), request.id);
        return reply.code(406).send({ errors: [error] });
      }
      const httpGraphQLRequest: HTTPGraphQLRequest = {
        method: request.method,
        headers: headerMap(request, mediaType),
        search: new URL(request.url, "http://gateway").search,
        body: request.body,
      };
      let context: GatewayContext | undefined;
      const response = await apollo.server.executeHTTPGraphQLRequest({
        httpGraphQLRequest,
        context: async () => {
          context = newContext(request, reply);
          return context;
        },
      });
      const handled = apollo.handled(httpGraphQLRequest);
      const { status = 200 } = response;
      // Apollo Server's own, whatever came of the operation before: a result can be too long for one text.
      const isDefect = status >= 500;
      const body = bodyOf(response, handled && !isDefect ? undefined : request.id);
      reply.code(handled ? statusInMediaType(status, response.headers.get("content-type")) : status).headers({
        ...Object.fromEntries(response.headers),
        "cache-control": DEFAULT_HEADERS["cache-control"],
      });
      if (!isDefect) learn(request, reply, { context, handled, body });
      return reply.send(body);
    },
  });
}
