import { type DestinationStream, type Logger, pino } from "pino";
import { isoInstant } from "../domain/index.js";
import { GatewayError } from "../errors.js";
import { createLogDestination } from "./log-destination.js";

export type { Logger } from "pino";

export interface LoggerOptions {
  level: string;
  format: "json" | "pretty";
}

const MAX_MESSAGE_LENGTH = 500;
/** IAM tokens, signatures and keys are long runs of these; words, ids and addresses are not. */
const LIKE_A_SECRET = /[A-Za-z0-9+/=_-]{40,}/g;

/** The message is left out: it can quote the upstream. */
function describeGatewayError({ name, code, details }: GatewayError): Record<string, unknown> {
  const { status, errorCode } = details.upstream ?? {};
  return {
    type: name,
    code,
    ...(status !== undefined && { upstreamStatus: status }),
    ...(errorCode !== undefined && { upstreamCode: errorCode }),
  };
}

/** What a log line says of an error: never its stack trace, and nothing that could be a token. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  if (error instanceof GatewayError) return describeGatewayError(error);
  const { name, message } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return {
    type: name,
    message: message.replace(LIKE_A_SECRET, "[removed]").slice(0, MAX_MESSAGE_LENGTH),
    ...(code !== undefined && { code }),
  };
}

/**
 * Structured logs. Errors are logged by type, message and code alone. Never give it a token or an upstream body.
 *
 * @param destination stdout unless told
 */
export function createLogger(level: string, destination: DestinationStream = createLogDestination()): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${isoInstant(Date.now())}"`,
    serializers: { err: describeError },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}

/** The logger of a process, to stdout; `pretty` is for people at a terminal. */
export async function createProcessLogger({ level, format }: LoggerOptions): Promise<Logger> {
  if (format === "json") return createLogger(level);
  const { default: pretty } = await import("pino-pretty");
  return createLogger(level, pretty({ ignore: "pid,hostname", sync: true }));
}
