import { isIP } from "node:net";
import type { EnvReader } from "./env-reader.js";

export interface HttpConfig {
  /** 0: any free port. */
  port: number;
  host: string;
  /** Origins besides the gateway's own that browsers may call from. */
  corsOrigins: string[];
  /** Addresses behind which X-Forwarded-For is believed. */
  trustedProxies: string[];
  maxBodyBytes: number;
  /** Introspection, the explorers and field suggestions. */
  explorer: boolean;
  /** Dependencies without which `/readyz` says 503. */
  readyRequires: ("redis" | "upstream")[];
  /** After SIGTERM: how long it goes on serving while `/readyz` says 503. */
  shutdownDelayMs: number;
  /** How long work in flight may take after that. */
  shutdownGraceMs: number;
}

export interface LimitsConfig {
  maxQueryDepth: number;
  maxQueryCost: number;
  /** GraphQL operations per credential or address; 0: no limit. */
  operationsPerMinute: number;
  subscriptionsPerCredential: number;
  subscriptionsMax: number;
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function isAddressOrRange(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

export function readHttpConfig(read: EnvReader): HttpConfig {
  const production = read.text("NODE_ENV") === "production";
  const isDependency = (item: string) => item === "redis" || item === "upstream";
  return {
    port: read.integer("PORT", 4000, { min: 0, max: 65_535 }),
    host: read.text("HOST") ?? "0.0.0.0",
    corsOrigins: read.listOf(
      "CORS_ORIGINS",
      isOrigin,
      "an origin such as https://app.example.com, without a path",
    ),
    trustedProxies: read.listOf(
      "TRUSTED_PROXIES",
      isAddressOrRange,
      "an IP address or a range such as 10.0.0.0/8",
    ),
    maxBodyBytes: read.integer("MAX_BODY_BYTES", 102_400, { min: 1 }),
    explorer: read.flag("EXPLORER") || !production,
    readyRequires: read.listOf(
      "READY_REQUIRES",
      isDependency,
      "redis or upstream",
    ) as HttpConfig["readyRequires"],
    shutdownDelayMs: read.duration("SHUTDOWN_DELAY_MS", 0, { min: 0 }),
    shutdownGraceMs: read.duration("SHUTDOWN_GRACE_MS", 10_000, { min: 0 }),
  };
}

export function readLimitsConfig(read: EnvReader): LimitsConfig {
  return {
    maxQueryDepth: read.integer("MAX_QUERY_DEPTH", 12, { min: 1 }),
    maxQueryCost: read.integer("MAX_QUERY_COST", 10_000, { min: 1 }),
    operationsPerMinute: read.integer("RATE_LIMIT_PER_MINUTE", 0, { min: 0 }),
    subscriptionsPerCredential: read.integer("SUBSCRIPTIONS_PER_CREDENTIAL", 100, { min: 1 }),
    subscriptionsMax: read.integer("SUBSCRIPTIONS_MAX", 20_000, { min: 1 }),
  };
}
