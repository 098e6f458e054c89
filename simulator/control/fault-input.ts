import type { Effect, FaultSpec } from "../faults/fault.js";
import { isJsonObject, type Json } from "../json.js";
import { isRouteName, ROUTES } from "../router.js";
import { ControlError } from "./control-error.js";

/** What a member must be, in words and as a test. */
interface Rule {
  expected: string;
  holds(value: Json): boolean;
}

const isCount = (value: Json): boolean => typeof value === "bigint" && value >= 0n;
const isNumber = (value: Json): boolean => typeof value === "bigint" || typeof value === "number";

const oneOf = (...words: string[]): Rule => ({
  expected: `one of ${words.join(", ")}`,
  holds: (value) => typeof value === "string" && words.includes(value),
});
const text: Rule = { expected: "a string", holds: (value) => typeof value === "string" };
const count: Rule = { expected: "an integer from 0", holds: isCount };
const httpStatus: Rule = {
  expected: "an HTTP status",
  holds: (value) => typeof value === "bigint" && value >= 200n && value <= 599n,
};
const moment = oneOf("before", "after");
const retryAfter: Rule = {
  expected: "seconds or an HTTP date",
  holds: (value) => typeof value === "string" || isCount(value),
};
const object: Rule = { expected: "an object", holds: isJsonObject };
const texts: Rule = {
  expected: "an array of strings",
  holds: (value) => Array.isArray(value) && value.every((item: Json) => typeof item === "string"),
};

const COMMON: Record<string, Rule> = {
  route: { expected: `one of ${Object.keys(ROUTES).join(", ")}`, holds: isRouteName },
  method: text,
  projectId: text,
  jobId: text,
  versionId: text,
  token: text,
  skip: count,
  times: count,
  probability: { expected: "a number from 0 to 1", holds: isNumber },
};

const OF_KIND: Record<Effect["kind"], Record<string, Rule>> = {
  latency: { ms: { expected: "milliseconds", holds: isNumber } },
  hang: { when: moment },
  reset: { when: oneOf("before", "after", "mid-answer") },
  throttled: { retryAfter },
  error: { status: httpStatus, errorCode: text, message: text, retryAfter, when: moment },
  garbage: { form: oneOf("html", "truncated-json", "invalid-json", "empty"), status: httpStatus },
  "failure-with-200": { errorCode: text, message: text },
  "unauthorized-echo": {},
  answer: { status: httpStatus, headers: object, body: text, when: moment },
  patch: { set: object, remove: texts },
};

const MANDATORY: Partial<Record<Effect["kind"], string>> = {
  latency: "ms",
  error: "status",
  garbage: "form",
  answer: "body",
};

const isKind = (value: Json | undefined): value is Effect["kind"] =>
  typeof value === "string" && Object.hasOwn(OF_KIND, value);

/** Integers that a double holds become numbers, as the programmatic faults have them. */
function plain(value: Json): Json {
  if (typeof value === "bigint") return Number(value);
  return value;
}

function problemOf(value: Json): string | undefined {
  if (!isJsonObject(value)) return "a fault must be a JSON object";
  const { kind, ...members } = value;
  if (!isKind(kind)) return `kind must be one of ${Object.keys(OF_KIND).join(", ")}`;
  const rules = { ...COMMON, ...OF_KIND[kind] };
  for (const [name, member] of Object.entries(members)) {
    const rule = rules[name];
    if (!rule) return `a fault of kind ${kind} has no ${name}; it has ${Object.keys(rules).join(", ")}`;
    if (member === undefined || !rule.holds(member)) return `${name} must be ${rule.expected}`;
  }
  const missing = MANDATORY[kind];
  return missing !== undefined && members[missing] === undefined ? `${missing} is missing` : undefined;
}

function isFaultSpec(value: object): value is FaultSpec {
  return "kind" in value;
}

/**
 * A fault as it was sent to the control interface.
 *
 * @throws ControlError that says what is wrong
 */
export function readFault(value: Json): FaultSpec {
  const problem = problemOf(value);
  if (problem !== undefined || !isJsonObject(value)) throw new ControlError(400, problem ?? "not an object");
  const members = Object.entries(value).map(([name, member]) => [
    name,
    member === undefined ? member : plain(member),
  ]);
  const spec: object = Object.fromEntries(members);
  if (!isFaultSpec(spec)) throw new ControlError(400, "kind is missing");
  return spec;
}
