import type { LongId } from "../../domain/index.js";
import { invalidResponse } from "../errors/invalid-response.js";
import { asObject, type JsonObject } from "../json.js";
import { longId } from "./values.js";

/**
 * The id that makes an entity one.
 *
 * @throws UPSTREAM_INVALID_RESPONSE when there is none
 */
export function requiredId(entity: JsonObject, field: string, min = 0n): LongId {
  const id = longId(entity[field], min);
  if (id === null) throw invalidResponse(`answered with an entity that has no valid ${field}`);
  return id;
}

/**
 * The entities of a list.
 *
 * @throws UPSTREAM_INVALID_RESPONSE when it is no list, or when an item is no object
 */
export function requiredList(answer: JsonObject, field: string): JsonObject[] {
  const list = answer[field];
  if (!Array.isArray(list)) throw invalidResponse(`answered without the list ${field}`);
  return list.map((item) => {
    const entity = asObject(item);
    if (!entity) throw invalidResponse(`answered with an item of ${field} that is no object`);
    return entity;
  });
}
