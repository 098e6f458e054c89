import { createHash, createHmac } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { AuthConfig } from "./config/index.js";
import { type Caller, type Credential, PROJECT_ID } from "./domain/index.js";
import { GatewayError } from "./errors.js";

/** The two headers that say who asks; in a WebSocket they come in `connectionParams`. */
export interface IdentityHeaders {
  "x-auth-token"?: string | undefined;
  "x-project-id"?: string | undefined;
}

export interface Identity {
  /**
   * The caller that the headers name.
   *
   * @throws GatewayError UNAUTHENTICATED without a token (passthrough), BAD_USER_INPUT without a valid project,
   * FORBIDDEN for a project that service mode does not serve
   */
  identify(headers: IdentityHeaders): Caller;
  /** Whom limits count against: the credential; its client's address in service mode or without a credential. */
  quotaKey(headers: IdentityHeaders, address: () => string): string;
}

const SERVICE: { credential: Credential; credentialId: string } = {
  credential: { kind: "service" },
  credentialId: "service",
};

/** The names that a token goes by. */
interface TokenNames {
  credentialId: string;
  quotaKey: string;
}

/** Bound of the tokens whose names are remembered, in characters: every request asks for them, whatever its token is worth. */
const REMEMBERED_CHARACTERS = 8_000_000;
/** What is kept beside a token. */
const BOOKKEEPING = 512;

function namesWith(secret: string | undefined): (token: string) => TokenNames {
  const known = new LRUCache<string, TokenNames>({
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: (_names, token) => token.length + BOOKKEEPING,
  });
  /** Each request asks twice. */
  let latest: { token: string; names: TokenNames } | undefined;

  function namesOf(token: string): TokenNames {
    const remembered = known.get(token);
    if (remembered !== undefined) return remembered;
    const hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
    const credentialId = hash.update(token).digest("base64url");
    const names = { credentialId, quotaKey: `credential:${credentialId}` };
    known.set(token, names);
    return names;
  }

  return (token) => {
    if (latest?.token !== token) latest = { token, names: namesOf(token) };
    return latest.names;
  };
}

function badProject(message: string): GatewayError {
  return new GatewayError("BAD_USER_INPUT", message, {
    violations: [{ path: ["X-Project-Id"], rule: "project-id", message }],
  });
}

/** Tells who asks, as AUTH_MODE says. */
export function createIdentity(auth: AuthConfig): Identity {
  const namesOf = namesWith(auth.keyHashSecret);

  function projectOf(headers: IdentityHeaders): string {
    const projectId = headers["x-project-id"] || auth.defaultProjectId;
    if (projectId === undefined)
      throw badProject("Name the project in the header X-Project-Id: no default project is configured.");
    if (!PROJECT_ID.test(projectId))
      throw badProject("The header X-Project-Id must be 1 to 64 of A-Z, a-z, 0-9, _ and -.");
    if (auth.mode === "service" && !auth.allowedProjects.includes(projectId)) {
      throw new GatewayError("FORBIDDEN", "This gateway does not serve the project named in X-Project-Id.");
    }
    return projectId;
  }

  return {
    identify(headers) {
      if (auth.mode === "service") return { projectId: projectOf(headers), ...SERVICE };
      const token = headers["x-auth-token"];
      if (!token)
        throw new GatewayError("UNAUTHENTICATED", "Send your IAM token in the header X-Auth-Token.");
      return {
        projectId: projectOf(headers),
        credential: { kind: "token", token },
        credentialId: namesOf(token).credentialId,
      };
    },
    quotaKey(headers, address) {
      const token = headers["x-auth-token"];
      return auth.mode === "passthrough" && token ? namesOf(token).quotaKey : `address:${address()}`;
    },
  };
}
