import type { IncomingMessage } from "node:http";
import proxyAddr from "@fastify/proxy-addr";
import type { CancelSignal } from "../cancellation.js";
import type { RequestInfo } from "../context.js";
import type { Identity, IdentityHeaders } from "../identity.js";

/** Finds the client's address behind the trusted proxies. */
export type ClientAddress = (request: IncomingMessage) => string;

/** @param trustedProxies addresses and ranges behind which X-Forwarded-For is believed */
export function createClientAddress(trustedProxies: string[]): ClientAddress {
  const trust = proxyAddr.compile(trustedProxies);
  return (request) => proxyAddr(request, trust);
}

export interface RequestSource {
  requestId: string;
  headers: IdentityHeaders;
  address: string;
  signal?: CancelSignal;
}

/** What the context needs to know of a request, whatever transport it came by. */
export function requestInfo(identity: Identity, source: RequestSource): RequestInfo {
  return {
    requestId: source.requestId,
    identify: () => identity.identify(source.headers),
    quotaKey: identity.quotaKey(source.headers, () => source.address),
    ...(source.signal && { signal: source.signal }),
  };
}

/** The identity headers of an HTTP request; a header sent twice counts as malformed, not as the first. */
export function identityHeaders(headers: IncomingMessage["headers"]): IdentityHeaders {
  return { "x-auth-token": single(headers["x-auth-token"]), "x-project-id": single(headers["x-project-id"]) };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}
