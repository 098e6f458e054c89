import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "../answers.js";
import { isJsonObject, parseJson, stringifyJson } from "../json.js";
import { throttled } from "../throttle.js";
import type { Effect } from "./fault.js";
import type { Strike } from "./registry.js";

/** An answer as it goes out. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Either a reply, or the connection is broken: at once, or after half of a reply's body. */
export type Ending = { reply: Reply; cut?: "mid-answer" } | { cut: "at-once" };

/** What the effects need of the exchange. */
export interface FaultContext {
  /** Aborts when the client goes away or the simulator closes. */
  signal: AbortSignal;
  /** The reply to a documented failure. */
  refuse(refusal: Refusal): Reply;
  /** The request's canonical form, as some 401 answers echo it. */
  canonicalRequest(): string;
}

const HTML_PAGE =
  "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>\n";

const html = (status: number): Reply => ({
  status,
  headers: { "Content-Type": "text/html" },
  body: HTML_PAGE,
});

function withRetryAfter(reply: Reply, retryAfter: number | string | undefined): Reply {
  if (retryAfter === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, "Retry-After": String(retryAfter) } };
}

function errorReply(effect: Effect & { kind: "error" }, context: FaultContext): Reply {
  const { status, errorCode, message = "Simulated failure.", retryAfter } = effect;
  if (errorCode === undefined) return withRetryAfter(html(status), retryAfter);
  return withRetryAfter(context.refuse(new Refusal(status, errorCode, message)), retryAfter);
}

/** The ending that an effect makes of a request that it strikes at this moment; undefined when it lets it go on. */
function endingOf(effect: Effect, context: FaultContext): Ending | undefined {
  switch (effect.kind) {
    case "reset":
      return { cut: "at-once" };
    case "error":
      return { reply: errorReply(effect, context) };
    case "answer": {
      const headers = { "Content-Type": "application/json", ...effect.headers };
      return { reply: { status: effect.status ?? 200, headers, body: effect.body } };
    }
    case "throttled": {
      const retryAfter = effect.retryAfter === undefined ? undefined : String(effect.retryAfter);
      return { reply: context.refuse(throttled(retryAfter)) };
    }
    case "failure-with-200": {
      const { errorCode = "ModelArts.0105", message = "Simulated failure." } = effect;
      return { reply: context.refuse(new Refusal(200, errorCode, message)) };
    }
    case "unauthorized-echo": {
      const message = `Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:${context.canonicalRequest().replaceAll("\n", "|")}`;
      return { reply: context.refuse(new Refusal(401, "APIGW.0301", message)) };
    }
    default:
      return undefined;
  }
}

function momentOf(effect: Effect): "before" | "after" | "mid-answer" {
  return "when" in effect && effect.when !== undefined ? effect.when : "before";
}

/** Runs what strikes before the service does anything; an ending means that it does nothing. */
export async function strikeBefore(strikes: Strike[], context: FaultContext): Promise<Ending | undefined> {
  for (const { effect, released } of strikes) {
    if (momentOf(effect) !== "before") continue;
    if (effect.kind === "latency") await sleep(effect.ms, undefined, { signal: context.signal });
    if (effect.kind === "hang") await orAbort(released, context.signal);
    const ending = endingOf(effect, context);
    if (ending) return ending;
  }
  return undefined;
}

/** Runs what strikes once the service has made its reply. */
export async function strikeAfter(strikes: Strike[], context: FaultContext, made: Reply): Promise<Ending> {
  let reply = made;
  for (const { effect, released } of strikes) {
    if (effect.kind === "garbage") reply = spoiled(reply, effect);
    if (effect.kind === "patch") reply = patched(reply, effect);
    if (momentOf(effect) === "mid-answer") return { reply, cut: "mid-answer" };
    if (momentOf(effect) !== "after") continue;
    if (effect.kind === "hang") await orAbort(released, context.signal);
    const ending = endingOf(effect, context);
    if (ending) return ending;
  }
  return { reply };
}

function spoiled(reply: Reply, { form, status = 200 }: Effect & { kind: "garbage" }): Reply {
  switch (form) {
    case "html":
      return html(status);
    case "truncated-json":
      return { ...reply, status, body: reply.body.slice(0, Math.floor(reply.body.length / 2)) };
    case "invalid-json":
      return { ...reply, status, body: `${reply.body.slice(0, -1)},,"is_success":maybe}` };
    case "empty":
      return { ...reply, status, body: "" };
  }
}

function patched(reply: Reply, { set = {}, remove = [] }: Effect & { kind: "patch" }): Reply {
  const body = parseJson(reply.body);
  if (!isJsonObject(body)) return reply;
  const left = Object.entries(body).filter(([key]) => !remove.includes(key));
  return { ...reply, body: stringifyJson({ ...Object.fromEntries(left), ...set }) };
}

async function orAbort(released: Promise<void>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    void released.then(resolve);
  });
}
