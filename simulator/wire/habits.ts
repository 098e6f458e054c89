import type { Json, JsonObject } from "../json.js";
import { hashOf } from "../random.js";

/** How the service writes what it answers. Every habit was seen in the vendor's samples or reported by users. */
export interface Style {
  /** `"job_id": "10"` instead of `10`. */
  numbersAsStrings: boolean;
  /** `"core": 2` instead of `"2"`, for texts that are documented as String but look like numbers. */
  stringsAsNumbers: boolean;
  /** How a field without a value comes. */
  absent: "omit" | "null" | "empty";
  /** How metric lists come. */
  metrics: "object" | "string";
  /** Adds fields that no documentation knows. */
  unknownFields: boolean;
  /** Answers a failure of the service itself (a 4xx with a ModelArts code) with HTTP 200. */
  failuresWithHttp200: boolean;
}

/** `mixed`: each thing has habits of its own, always the same ones. A style: what it names is so everywhere, the rest is clean. */
export type Habits = "clean" | "mixed" | Partial<Style>;

/** As the documentation describes the types. */
export const CLEAN: Style = {
  numbersAsStrings: false,
  stringsAsNumbers: false,
  absent: "omit",
  metrics: "object",
  unknownFields: false,
  failuresWithHttp200: false,
};

const ABSENT = ["omit", "null", "empty"] as const;

function mixedStyle(key: string): Style {
  const bits = hashOf(key);
  return {
    numbersAsStrings: (bits & 3) === 0,
    stringsAsNumbers: (bits & 4) !== 0,
    absent: ABSENT[(bits >>> 3) % 3] ?? "omit",
    metrics: (bits & 32) !== 0 ? "string" : "object",
    unknownFields: (bits & 0b1100_0000) === 0,
    failuresWithHttp200: (bits & 0b11_0000_0000) === 0,
  };
}

/** The style in which the thing named by `key` (route and ids) is written. */
export function styleFor(habits: Habits, key: string): Style {
  if (habits === "mixed") return mixedStyle(key);
  return habits === "clean" ? CLEAN : { ...CLEAN, ...habits };
}

const LOOKS_LIKE_A_NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{0,14}[1-9])?$/;

/** A text that is typed String but may come as a number; no digit is lost on the way. */
export function looseText(text: string | undefined, style: Style): Json | undefined {
  if (text === undefined || !style.stringsAsNumbers || !LOOKS_LIKE_A_NUMBER.test(text)) return text;
  const value = Number(text);
  return String(value) === text ? value : text;
}

const UNKNOWN_FIELDS: JsonObject = {
  train_flavor_tag: "general",
  labels: [],
  schedule: { priority: 1, preemptible: false },
};

function styledMember(value: Json | undefined, style: Style): Json | undefined {
  if (value === undefined || value === "") {
    if (style.absent === "omit") return undefined;
    return style.absent === "null" ? null : "";
  }
  const isNumber = typeof value === "number" || typeof value === "bigint";
  return isNumber && style.numbersAsStrings ? String(value) : value;
}

/** Writes one flat record in a style. A member that is undefined or "" has no value. */
export function styled(record: JsonObject, style: Style): JsonObject {
  const result: Record<string, Json> = {};
  for (const [key, value] of Object.entries(record)) {
    const member = styledMember(value, style);
    if (member !== undefined) result[key] = member;
  }
  return style.unknownFields ? { ...result, ...UNKNOWN_FIELDS } : result;
}
