import { PROJECT_ID } from "../domain/index.js";
import type { EnvReader } from "./env-reader.js";

/** The gateway's own identity towards the upstream. */
export type ServiceIdentity =
  | { kind: "token"; token: string }
  | { kind: "ak-sk"; ak: string; sk: string; dialect: "huaweicloud" }
  | { kind: "ak-sk"; ak: string; sk: string; dialect: "otc"; region: string };

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

function readIdentity(read: EnvReader): ServiceIdentity | undefined {
  const token = read.secret("MODELARTS_TOKEN");
  const ak = read.secret("MODELARTS_AK");
  const sk = read.secret("MODELARTS_SK");
  const dialect = read.choice("MODELARTS_SIGNING", "huaweicloud", ["huaweicloud", "otc"]);
  const region = read.text("MODELARTS_REGION");
  if (ak !== undefined && sk === undefined) read.problem("MODELARTS_SK is missing: MODELARTS_AK needs it");
  if (sk !== undefined && ak === undefined) read.problem("MODELARTS_AK is missing: MODELARTS_SK needs it");
  if (token !== undefined && (ak !== undefined || sk !== undefined)) {
    read.problem("MODELARTS_TOKEN excludes MODELARTS_AK and MODELARTS_SK: give one identity");
  }
  if (dialect === "otc" && region === undefined) {
    read.problem("MODELARTS_REGION is missing: MODELARTS_SIGNING=otc needs it");
  }
  if (token !== undefined) return { kind: "token", token };
  if (ak === undefined || sk === undefined) return undefined;
  if (dialect === "huaweicloud") return { kind: "ak-sk", ak, sk, dialect };
  return region === undefined ? undefined : { kind: "ak-sk", ak, sk, dialect, region };
}

function readEndpoint(read: EnvReader): string {
  const text = read.text("MODELARTS_ENDPOINT");
  if (text === undefined)
    read.problem(
      "MODELARTS_ENDPOINT is missing: the base URL of ModelArts, e.g. https://modelarts.eu-de.otc.t-systems.com",
    );
  const url = read.url("MODELARTS_ENDPOINT", text, ["http:", "https:"]);
  if (url && (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "")) {
    read.problem("MODELARTS_ENDPOINT must have no credentials, query or fragment");
  }
  return (text ?? "").replace(/\/+$/, "");
}

export function readUpstreamConfig(read: EnvReader): UpstreamConfig {
  const identity = readIdentity(read);
  return {
    endpoint: readEndpoint(read),
    timeoutMs: read.integer("UPSTREAM_TIMEOUT_MS", 10_000, { min: 1 }),
    budgetMs: read.integer("UPSTREAM_BUDGET_MS", 15_000, { min: 1 }),
    maxConnections: read.integer("UPSTREAM_MAX_CONNECTIONS", 64, { min: 1 }),
    callsPerMinute: read.integer("UPSTREAM_CALLS_PER_MINUTE", 0, { min: 0 }),
    ...(identity && { identity }),
  };
}

export function readAuthConfig(read: EnvReader, identity: ServiceIdentity | undefined): AuthConfig {
  const mode = read.choice("AUTH_MODE", "passthrough", ["passthrough", "service"]);
  const isProjectId = (text: string) => PROJECT_ID.test(text);
  const [defaultProjectId] = read.listOf("MODELARTS_PROJECT_ID", isProjectId, PROJECT_ID_EXPECTED);
  const projects = read.listOf("MODELARTS_PROJECTS", isProjectId, PROJECT_ID_EXPECTED);
  const allowedProjects = [
    ...new Set([...(defaultProjectId === undefined ? [] : [defaultProjectId]), ...projects]),
  ];
  if (mode === "service") {
    if (!identity) read.problem("AUTH_MODE=service needs MODELARTS_TOKEN, or MODELARTS_AK and MODELARTS_SK");
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
