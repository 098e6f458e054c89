import { expect } from "vitest";
import { ERROR_CODES } from "../../src/errors.js";
import type { GatewayProcess } from "./gateway-process.js";
import { until } from "./until.js";

const CODES: ReadonlySet<unknown> = new Set([
  ...ERROR_CODES,
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "BAD_REQUEST",
]);
/** Longer than any answer takes on a busy machine; shorter than for ever. */
export const ANSWER_DEADLINE_MS = 20_000;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** What is wrong with the errors in a GraphQL answer by the interface; undefined when nothing is. */
export function problemWith(body: unknown): string | undefined {
  if (!isRecord(body)) return "the answer is no object";
  if (!("data" in body) && !("errors" in body)) return "neither data nor errors";
  if (body.errors === undefined) return undefined;
  if (!Array.isArray(body.errors) || body.errors.length === 0) return "errors is no list of errors";
  for (const error of body.errors) {
    const { code, requestId } = isRecord(error) && isRecord(error.extensions) ? error.extensions : {};
    if (!CODES.has(code)) return `code ${String(code)}`;
    if (code === "INTERNAL_SERVER_ERROR") return "a defect";
    if (typeof requestId !== "string" || requestId === "") return "no requestId";
  }
  const text = JSON.stringify(body);
  // Between "at" and the place in a file stands no quotation mark; it does where an error quotes a time of day.
  return /\bat [^"]{1,200}:\d+:\d+|node_modules|file:\/\//.test(text) ? "a stack trace" : undefined;
}

/** The value of a gauge or counter in the Prometheus text; 0 where it is not there. */
export function metricIn(text: string, name: string): number {
  const lines = text
    .split("\n")
    .filter((line) => line.startsWith(name) && /[ {]/.test(line[name.length] ?? ""));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

export async function metricsOf(gateway: { url: string }): Promise<string> {
  return (await fetch(`${gateway.url}/metrics`)).text();
}

/** A client that answers no close is let go after 30 s (ws). */
const CLOSED_WITHIN_MS = 45_000;
const GAUGES = ["modelarts_gateway_open_streams", "modelarts_gateway_watch_subscribers"];

/** After a fuzz: it lives, nothing is left open, and nothing in its log is a defect. */
export async function expectUnharmed(gateway: GatewayProcess): Promise<void> {
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  for (const name of GAUGES) {
    await until(`${name} is 0`, async () => metricIn(await metricsOf(gateway), name) === 0, CLOSED_WITHIN_MS);
  }
  expect(gateway.logs.filter(({ event, level }) => event === "defect" || level === "fatal")).toEqual([]);
  expect(gateway.stderr()).toBe("");
  expect(gateway.child.exitCode).toBeNull();
}
