import { invalidArgument, invalidValue, parameterError } from "../answers.js";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../json.js";

/** The greatest value of the vendor's type Long. */
export const LONG_MAX = 2n ** 63n - 1n;
/** The greatest value of the vendor's types Int and Integer. */
export const INT_MAX = 2n ** 31n - 1n;

/** A length as the documentation counts it: in Unicode code points. */
export const lengthOf = (text: string): number => [...text].length;

/**
 * Reads a request's body.
 *
 * @throws Refusal ModelArts.0101 when it is no JSON object
 */
export function readBody(body: string): JsonObject {
  let value: Json;
  try {
    value = parseJson(body);
  } catch (error) {
    throw invalidArgument(
      `The request body is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  if (!isJsonObject(value)) throw invalidArgument("The request body must be a JSON object.");
  return value;
}

/** A text member; undefined when it is left out. Throws ModelArts.0104 for another type, null included. */
export function optionalText(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw parameterError(`${name} must be a string.`);
  return value;
}

/** As {@link optionalText}; ModelArts.0101 when it is left out or empty. */
export function mandatoryText(object: JsonObject, name: string): string {
  const value = optionalText(object, name);
  if (value === undefined || value === "") throw invalidArgument(`${name} is mandatory.`);
  return value;
}

/** An integer member, which must be a bare JSON integer; undefined when it is left out. */
export function optionalInteger(
  object: JsonObject,
  name: string,
  min: bigint,
  max: bigint,
): bigint | undefined {
  const value = object[name];
  if (value === undefined) return undefined;
  if (typeof value !== "bigint") throw parameterError(`${name} must be an integer.`);
  if (value < min || value > max) throw invalidValue(`${name} must be from ${min} to ${max}.`);
  return value;
}

export function mandatoryInteger(object: JsonObject, name: string, min: bigint, max: bigint): bigint {
  const value = optionalInteger(object, name, min, max);
  if (value === undefined) throw invalidArgument(`${name} is mandatory.`);
  return value;
}

export function optionalBoolean(object: JsonObject, name: string): boolean | undefined {
  const value = object[name];
  if (value === undefined) return undefined;
  if (typeof value !== "boolean") throw parameterError(`${name} must be true or false.`);
  return value;
}

/** A list of objects; undefined when it is left out. */
export function optionalObjects(object: JsonObject, name: string): JsonObject[] | undefined {
  const value = object[name];
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw parameterError(`${name} must be an array.`);
  return value.map((item: Json, index) => {
    if (!isJsonObject(item)) throw parameterError(`${name}[${index}] must be an object.`);
    return item;
  });
}

export function mandatoryObject(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  if (value === undefined) throw invalidArgument(`${name} is mandatory.`);
  if (!isJsonObject(value)) throw parameterError(`${name} must be an object.`);
  return value;
}

/** `job_desc`: 0 to 256 characters. */
export function optionalJobDesc(object: JsonObject): string | undefined {
  const desc = optionalText(object, "job_desc");
  if (desc !== undefined && lengthOf(desc) > 256) {
    throw invalidValue("job_desc must have at most 256 characters.");
  }
  return desc;
}
