import { PROJECT_ID } from "../domain/index.js";
import type { EnvReader } from "./env-reader.js";
import { readIdentity, type ServiceIdentity } from "./identity-config.js";

export interface UpstreamConfig {
  /** Base URL without a trailing slash. */
  endpoint: string;
  /** One attempt. */
  timeoutMs: number;
  /** All attempts of one lookup together. */
  budgetMs: number;
  maxConnections: number;
  /** For the whole replica set; 0 when no limit is known. */
  callsPerMinute: number;
  /** Who the gateway is in service mode. */
  identity?: ServiceIdentity;
}

export interface AuthConfig {
  mode: "passthrough" | "service";
  /** Used when a request names no project. */
  defaultProjectId?: string;
  /** In service mode: the projects that are served. */
  allowedProjects: string[];
  /** HMAC key for the hash that stands for a token in keys; plain SHA-256 without it. */
  keyHashSecret?: string;
  /** How long a credential's proof of access holds. */
  proofTtlMs: number;
}

const PROJECT_ID_EXPECTED = "1 to 64 of A-Z, a-z, 0-9, _ and -";

function readEndpoint(read: EnvReader): string {
  const endpoint = read.baseUrl("MODELARTS_ENDPOINT");
  if (endpoint === undefined)
    read.problem(
      "MODELARTS_ENDPOINT is missing: the base URL of ModelArts, e.g. https://modelarts.eu-de.otc.t-systems.com",
    );
  return endpoint ?? "";
}

export function readUpstreamConfig(read: EnvReader): UpstreamConfig {
  const identity = readIdentity(read);
  return {
    endpoint: readEndpoint(read),
    timeoutMs: read.duration("UPSTREAM_TIMEOUT_MS", 10_000, { min: 1 }),
    budgetMs: read.duration("UPSTREAM_BUDGET_MS", 15_000, { min: 1 }),
    maxConnections: read.integer("UPSTREAM_MAX_CONNECTIONS", 64, { min: 1 }),
    callsPerMinute: read.integer("UPSTREAM_CALLS_PER_MINUTE", 0, { min: 0 }),
    ...(identity && { identity }),
  };
}

export function readAuthConfig(read: EnvReader, identity: ServiceIdentity | undefined): AuthConfig {
  const mode = read.choice("AUTH_MODE", "passthrough", ["passthrough", "service"]);
  const isProjectId = (text: string) => PROJECT_ID.test(text);
  const defaultProjectId = read.matching("MODELARTS_PROJECT_ID", isProjectId, PROJECT_ID_EXPECTED);
  const projects = read.listOf("MODELARTS_PROJECTS", isProjectId, PROJECT_ID_EXPECTED);
  const allowedProjects = [
    ...new Set([...(defaultProjectId === undefined ? [] : [defaultProjectId]), ...projects]),
  ];
  if (mode === "service") {
    if (!identity)
      read.problem(
        "AUTH_MODE=service needs MODELARTS_TOKEN, or MODELARTS_AK and MODELARTS_SK, or the five of MODELARTS_IAM_*",
      );
    if (allowedProjects.length === 0)
      read.problem("AUTH_MODE=service needs MODELARTS_PROJECT_ID or MODELARTS_PROJECTS");
  }
  const keyHashSecret = read.secret("KEY_HASH_SECRET");
  return {
    mode,
    allowedProjects,
    proofTtlMs: read.integer("AUTH_PROOF_TTL_MS", 60_000, { min: 0 }),
    ...(defaultProjectId !== undefined && { defaultProjectId }),
    ...(keyHashSecret !== undefined && { keyHashSecret }),
  };
}
