import type { JsonObject } from "../json.js";
import { ControlError } from "./control-error.js";

/** A text member; undefined when it is left out. Throws ControlError for another type. */
export function memberText(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw new ControlError(400, `${name} must be a string`);
  return value;
}

/** An integer with every digit, written as a number or as a string of digits. */
export function memberInteger(body: JsonObject, name: string): bigint | undefined {
  const value = body[name];
  if (value === undefined || typeof value === "bigint") return value;
  if (typeof value === "string" && /^\d{1,19}$/.test(value)) return BigInt(value);
  throw new ControlError(400, `${name} must be an integer`);
}

/** A number of ordinary size. */
export function memberNumber(body: JsonObject, name: string): number | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value === "bigint" || typeof value === "number") return Number(value);
  throw new ControlError(400, `${name} must be a number`);
}
