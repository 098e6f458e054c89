import type { ServiceIdentity } from "../../config/index.js";
import type { Caller } from "../../domain/index.js";
import { GatewayError } from "../../errors.js";
import type { SignableRequest } from "./canonical-request.js";
import { signatureHeaders } from "./signing.js";

/** A request that wants credentials; the host is signed as the transport sends it. */
export type UnsignedRequest = Omit<SignableRequest, "headers"> & { host: string };

export interface Credentials {
  /**
   * The headers that say who asks, made anew for each attempt.
   *
   * @throws UNAUTHENTICATED for a token that no header can carry
   */
  headers(caller: Caller, request: UnsignedRequest): Record<string, string>;
  /**
   * Called after the upstream refused the gateway's own identity. True when there is something better to try once.
   *
   * @param serverTime the upstream's time by its refusal, where it told (ms since the epoch)
   */
  renew(serverTime: number | undefined): boolean;
}

/** Visible ASCII: what a header carries unchanged. */
const HEADER_SAFE_TOKEN = /^[\x21-\x7e]+$/;

/** The upstream takes signatures of about 15 minutes around its own time; a smaller difference is not why it refused. */
const MIN_SKEW_MS = 60_000;

function tokenHeaders(token: string): Record<string, string> {
  if (!HEADER_SAFE_TOKEN.test(token)) {
    throw new GatewayError(
      "UNAUTHENTICATED",
      "The token in X-Auth-Token holds characters that no IAM token has: send it exactly as IAM issued it.",
    );
  }
  return { "X-Auth-Token": token };
}

/**
 * Says who asks: each caller's own token, or the gateway's own identity. A static token cannot be renewed; a signature
 * can, when the clock of this machine is wrong: it is then made by the upstream's clock.
 *
 * @throws Error for an identity's token that no header can carry
 */
export function createCredentials(identity: ServiceIdentity | undefined, now: () => number): Credentials {
  let skewMs = 0;
  if (identity?.kind === "token" && !HEADER_SAFE_TOKEN.test(identity.token))
    throw new Error("MODELARTS_TOKEN holds characters that no IAM token has");

  function serviceHeaders(projectId: string, { host, ...request }: UnsignedRequest): Record<string, string> {
    if (!identity) throw new Error("A call in service mode needs the gateway's own identity");
    if (identity.kind === "token") return { "X-Auth-Token": identity.token };
    const headers = { Host: host, "X-Project-Id": projectId };
    return {
      "X-Project-Id": projectId,
      ...signatureHeaders(identity, { ...request, headers }, now() + skewMs),
    };
  }

  return {
    headers: ({ credential, projectId }, request) =>
      credential.kind === "token" ? tokenHeaders(credential.token) : serviceHeaders(projectId, request),
    renew(serverTime) {
      if (identity?.kind !== "ak-sk" || serverTime === undefined) return false;
      const measured = serverTime - now();
      if (Math.abs(measured - skewMs) < MIN_SKEW_MS) return false;
      skewMs = measured;
      return true;
    },
  };
}
