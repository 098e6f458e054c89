import type { LongId } from "../../domain/index.js";
import { invalidResponse } from "../errors/invalid-response.js";
import { asObject, type JsonObject } from "../json.js";
import { int, longId } from "./values.js";

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

/** Which lists can be read. */
export interface ListForm {
  idField: string;
  min?: bigint;
  countField?: string;
}

/**
 * The entities of a list, each read by `decode`, without items that have no valid id: one that cannot be told from others
 * must not empty the whole answer. The list may be left out where the answer itself counts none.
 *
 * @throws UPSTREAM_INVALID_RESPONSE when it is no list
 */
export function requiredList<Entity>(
  answer: JsonObject,
  field: string,
  { idField, min = 0n, countField }: ListForm,
  decode: (raw: JsonObject) => Entity,
): Entity[] {
  const list = answer[field] || (countField && int(answer[countField]) === 0 ? [] : undefined);
  if (!Array.isArray(list)) throw invalidResponse(`answered without the list ${field}`);
  const entities: Entity[] = [];
  for (const item of list) {
    const raw = asObject(item);
    if (raw !== undefined && longId(raw[idField], min) !== null) entities.push(decode(raw));
  }
  return entities;
}
