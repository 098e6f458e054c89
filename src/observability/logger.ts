import { type Logger, pino } from "pino";

export type { Logger } from "pino";

/** Structured logs on stdout; `pretty` is for people at a terminal. Never give it a token or an upstream body. */
export function createLogger(options: { level: string; format: "json" | "pretty" }): Logger {
  const base = { level: options.level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  if (options.format === "json") return pino(base);
  return pino({ ...base, transport: { target: "pino-pretty", options: { ignore: "pid,hostname" } } });
}
