import { HEADER_SAFE, type ServiceIdentity } from "../../config/index.js";
import type { Caller } from "../../domain/index.js";
import { GatewayError } from "../../errors.js";
import { type AccessKeysOptions, createAccessKeys } from "./access-keys.js";
import type { Authorization, ServiceAuth, UnsignedRequest } from "./authorization.js";
import { createIamSession, type IamSessionOptions } from "./iam/iam-session.js";
import { createStaticToken } from "./static-token.js";

export interface Credentials {
  /**
   * Resolves when a call of that caller can be authorized, at once nearly always.
   *
   * @throws IdentityUnavailable when the gateway's own identity cannot be had now
   */
  ready(caller: Caller): Promise<void>;
  /**
   * Says who asks, made anew for each attempt.
   *
   * @throws GatewayError UNAUTHENTICATED for a token that no header can carry
   */
  authorize(caller: Caller, request: UnsignedRequest): Authorization;
  /** Ends a login under way. */
  close(): Promise<void>;
}

export type CredentialsOptions = { identity: ServiceIdentity | undefined } & Omit<AccessKeysOptions, "keys"> &
  Omit<IamSessionOptions, "login">;

function createServiceAuth({ identity, ...options }: CredentialsOptions): ServiceAuth | undefined {
  switch (identity?.kind) {
    case "token":
      return createStaticToken({ ...options, token: identity.token });
    case "ak-sk":
      return createAccessKeys({ ...options, keys: identity });
    case "iam-login":
      return createIamSession({ ...options, login: identity.login });
    case undefined:
      return undefined;
  }
}

const cannotRenew = async () => false;

/** A caller's own token cannot be renewed here: that it was refused is told to him. */
function callersToken(token: string): Authorization {
  if (!HEADER_SAFE.test(token)) {
    throw new GatewayError(
      "UNAUTHENTICATED",
      "The token in X-Auth-Token holds characters that no IAM token has: send it exactly as IAM issued it.",
    );
  }
  return { headers: { "X-Auth-Token": token }, renew: cannotRenew };
}

/** Says who asks: each caller's own token, or the gateway's own identity. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const service = createServiceAuth(options);

  function own(): ServiceAuth {
    if (!service) throw new Error("A call in service mode needs the gateway's own identity");
    return service;
  }

  return {
    async ready({ credential }) {
      if (credential.kind === "service") await own().ready();
    },
    authorize: ({ credential, projectId }, request) =>
      credential.kind === "token" ? callersToken(credential.token) : own().authorize(projectId, request),
    close: async () => service?.close(),
  };
}
